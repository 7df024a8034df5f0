//! Decodes the first argument into the second with the crate zstd.
use std::env::args;
use std::fs::File;

fn main() -> std::io::Result<()> {
    let names: Vec<String> = args().collect();
    let source = File::open(&names[1])?;
    let target = File::create(&names[2])?;
    zstd::stream::copy_decode(source, target)
}
