//! End-to-end tests over HTTP, the same for the gateway and for the functions under `cargo lambda watch`: see `tests`.
