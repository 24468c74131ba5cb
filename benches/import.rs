pub fn run(_: &[String]) {}
