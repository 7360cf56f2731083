//! Internal types and functions for `benches/` and `fuzz/`, behind the feature `internals`. Not a public interface:
//! anything here may change in any version.

pub use crate::customers::arena::Origin;
pub use crate::customers::batch::CustomerBatch;
pub use crate::customers::block_pool::BlockPool;
pub use crate::customers::bucket::BucketKind;
pub use crate::customers::build_side::BuildSide;
pub use crate::customers::forecast::Forecast;
pub use crate::customers::map::{CustomerMap, KeySource, LookupHit, MapView};
pub use crate::customers::parse::{CustomerParser, ParseScratch};
pub use crate::customers::slot::{Address, Slot};
pub use crate::exec::prefetch::prefetch;
pub use crate::input::chunks::{Chunk, Chunks};
pub use crate::input::cursor::{Next, RecordCursor};
pub use crate::input::fatal_record::{FatalRecord, FatalRecordKind};
pub use crate::input::file::InputFile;
pub use crate::input::reader::{ChunkBytes, InputReader};
pub use crate::input::record::{Field, Flaws, Record};
pub use crate::input::record_end::cut;
pub use crate::input::repeated_header::RepeatedHeader;
pub use crate::input::structural_index::StructuralIndex;
pub use crate::model::age_group::GroupId;
pub use crate::model::amount::{Amount, format, parse, parse_short_at};
pub use crate::model::column_order::ColumnOrder;
pub use crate::model::columns::{CustomerColumns, PurchaseColumns};
pub use crate::model::dialect::Dialect;
pub use crate::model::key::Key;
pub use crate::model::mode::Mode;
pub use crate::model::sides::Sides;
pub use crate::purchases::chunk_output::ChunkOutput;
pub use crate::purchases::join_kernel::{JoinKernel, KernelScratch};
pub use crate::purchases::lookup::Lookup;
pub use crate::purchases::row_buffer::RowBuffer;
pub use crate::purchases::row_suffix::RowSuffixes;
pub use crate::purchases::totals::{GroupTotal, Overflow, Totals};
pub use crate::purchases::unmatched_policy::UnmatchedPolicy;
