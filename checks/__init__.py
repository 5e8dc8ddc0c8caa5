"""The checks that come with codechunk-doctor, a package per family."""
