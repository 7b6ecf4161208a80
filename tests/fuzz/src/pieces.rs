//! The ways in which a network may cut a stream.

/// All at once, byte by byte, and at places that depend on the bytes, so that a seed is a plain message and yet cuts
/// differ from input to input.
pub(crate) fn ways(stream: &[u8]) -> [Vec<&[u8]>; 3] {
    [vec![stream], stream.chunks(1).collect(), somewhere(stream)]
}

/// Pieces of 1 to 16 bytes.
fn somewhere(stream: &[u8]) -> Vec<&[u8]> {
    let mut state = stream
        .iter()
        .fold(0x9e37_79b9_u32, |state, byte| (state ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    let (mut pieces, mut rest) = (Vec::new(), stream);
    while !rest.is_empty() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (piece, after) = rest.split_at(rest.len().min(1 + (state >> 28) as usize));
        pieces.push(piece);
        rest = after;
    }
    pieces
}
