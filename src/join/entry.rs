//! How one customer stands in memory: lengths of tail and key (4 bytes each), the line (8 bytes), the tail,
//! the key's exact bytes.

/// Bytes before an entry's tail.
pub(crate) const HEADER: usize = 16;

/// Begins an entry at the end of `entries`; the tail comes next. Returns where it begins.
pub(crate) fn begin(entries: &mut Vec<u8>) -> usize {
    entries.extend_from_slice(&[0; HEADER]);
    entries.len() - HEADER
}

/// Ends the entry that begins at `at`: what stands behind its header is the tail.
pub(crate) fn end(entries: &mut Vec<u8>, at: usize, key: &[u8]) {
    let tail_len = entries.len() - at - HEADER;
    entries.extend_from_slice(key);
    // Below 2³²: a record has at most 512 MiB, and a tail at most the record and twice both names.
    entries[at..at + 4].copy_from_slice(&(tail_len as u32).to_le_bytes());
    entries[at + 4..at + 8].copy_from_slice(&(key.len() as u32).to_le_bytes());
}

/// Sets the line of the entry that begins at `at`; it is known only when the chunks are put in order.
pub(crate) fn set_line(block: &mut [u8], at: usize, line: u64) {
    block[at + 8..at + HEADER].copy_from_slice(&line.to_le_bytes());
}

/// One customer as it stands in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'c> {
    /// The block it stands in: the fast copy may read on behind the entry.
    pub(crate) block: &'c [u8],
    at: usize,
    pub(crate) tail_len: usize,
    key_len: usize,
}

impl<'c> Entry<'c> {
    /// The entry that begins at a place of a block.
    #[inline(always)]
    pub(crate) fn at(block: &'c [u8], at: usize) -> Self {
        // Proof: four bytes of a range of four.
        let number = |from: usize| u32::from_le_bytes(block[from..from + 4].try_into().expect("four bytes")) as usize;
        Self { block, at, tail_len: number(at), key_len: number(at + 4) }
    }

    /// Where the tail begins in the block.
    #[inline(always)]
    pub(crate) fn tail(&self) -> usize {
        self.at + HEADER
    }

    /// The tail itself.
    pub(crate) fn tail_bytes(&self) -> &'c [u8] {
        &self.block[self.tail()..][..self.tail_len]
    }

    /// The key's exact bytes.
    pub(crate) fn key(&self) -> &'c [u8] {
        let start = self.tail() + self.tail_len;
        &self.block[start..start + self.key_len]
    }

    /// Bytes from this entry to the next.
    pub(crate) fn len(&self) -> usize {
        HEADER + self.tail_len + self.key_len
    }

    /// The line of the customer's record.
    pub(crate) fn line(&self) -> u64 {
        let from = self.at + 8;
        // Proof: eight bytes of a range of eight.
        u64::from_le_bytes(self.block[from..from + 8].try_into().expect("eight bytes"))
    }
}
