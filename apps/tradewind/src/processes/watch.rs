//! Building services again when their sources change.
