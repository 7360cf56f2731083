//! The program held against the contract: an oracle that shares no code with it, and random dirty inputs.

#[allow(dead_code, reason = "the oracle tells more than each test asks")]
mod dirty;
#[allow(dead_code, reason = "the oracle tells more than each test asks")]
mod oracle;

mod crosscheck;
mod differential;
mod tests_of_oracle;
