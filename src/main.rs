fn main() {
    std::process::exit(rustc_hyperopt::cli::main(std::env::args_os().collect()))
}
