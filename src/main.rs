//! Chooses the personality; everything else is in the library.

use rustc_hyperopt::base::personality::Personality;

fn main() {
    let args: Vec<_> = std::env::args_os().collect();
    let code = match Personality::of(&args) {
        Personality::Wrapper => rustc_hyperopt::wrapper::run(args),
        Personality::Daemon => rustc_hyperopt::daemon::run(std::path::Path::new(&args[2])),
        Personality::Cli => rustc_hyperopt::cli::main(args),
    };
    std::process::exit(code);
}
