//! Commands from their arguments to what they print, against a server that records calls.
