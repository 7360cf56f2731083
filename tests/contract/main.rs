//! Compares the program with an independent implementation of the contract (the oracle) on random dirty inputs.

#[allow(dead_code, reason = "not every test uses all of it")]
mod dirty;
#[allow(dead_code, reason = "not every test uses all of it")]
mod oracle;

mod crosscheck;
mod differential;
mod tests_of_oracle;
