// | `compile_error!`
compile_error!("this needs a 64 bit machine");
