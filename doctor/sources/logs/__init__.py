"""Reading logs, however they lie about."""
