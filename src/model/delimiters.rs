//! The delimiters that are looked for in inputs.

/// A delimiter as a byte, and as a value of the option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) byte: u8,
    pub(crate) name: &'static str,
}

/// The delimiters that are looked for. Of two that fit a header equally well, the first is chosen.
pub(crate) const CANDIDATES: [Candidate; 4] = [
    Candidate { byte: b',', name: "," },
    Candidate { byte: b';', name: ";" },
    Candidate { byte: b'\t', name: "tab" },
    Candidate { byte: b'|', name: "|" },
];

/// The candidate with this byte, if there is one.
pub(crate) fn candidate(byte: u8) -> Option<Candidate> {
    CANDIDATES.into_iter().find(|candidate| candidate.byte == byte)
}
