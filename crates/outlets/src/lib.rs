//! outlets
