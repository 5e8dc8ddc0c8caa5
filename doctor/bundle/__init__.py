"""One archive with everything a maintainer needs, without a secret; and examining such an archive."""
