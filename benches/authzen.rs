pub fn run(_: &[String]) {}
pub fn bare_server(_: &[String]) {}
