//! A new SQL file is only seen when the crate is built again: the macro tracks the files it
//! found, not the folder.

fn main() {
    println!("cargo:rerun-if-changed=auth");
    println!("cargo:rerun-if-changed=loyalty");
}
