import CZlib

/// Whole texts in and out of the gzip format, within bounds.
package enum Gzip {
    package enum Failure: Error, Hashable, Sendable {
        case tooLarge
        case malformed
    }

    private static let window: Int32 = 15 + 16  // The largest window, in a gzip wrapper.

    /// - Parameter limit: of the result, in bytes. The work is bounded by it too.
    package static func decompress(_ bytes: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
        let turn = Turn()
        guard inflateInit2_(turn.stream, window, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { throw .malformed }
        defer { inflateEnd(turn.stream) }
        var result: [UInt8] = []
        var position = 0
        while true {
            let status: Int32
            (status, position) = turn.take(bytes, from: position, into: &result) { inflate($0, Z_NO_FLUSH) }
            guard result.count <= limit else { throw .tooLarge }
            if status == Z_STREAM_END {
                if position == bytes.count { return result }
                // A gzip file may consist of several members, one after the other.
                guard inflateReset(turn.stream) == Z_OK else { throw .malformed }
            } else if status != Z_OK {
                // Z_BUF_ERROR among them: no progress, so the text ends too early.
                throw .malformed
            }
        }
    }

    /// Lets other tasks run between pieces: a cluster's whole state takes seconds.
    /// - Parameter level: 1 (fastest) to 9 (smallest).
    /// - Returns: nil if zlib has no memory left.
    package static func compress(_ bytes: [UInt8], level: Int32 = 6) async -> [UInt8]? {
        let turn = Turn()
        let size = Int32(MemoryLayout<z_stream>.size)
        guard deflateInit2_(turn.stream, level, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK else { return nil }
        defer { deflateEnd(turn.stream) }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count / 4)
        var position = 0
        while true {
            let isLastPiece = bytes.count - position <= Turn.inputPiece
            let status: Int32
            (status, position) = turn.take(bytes, from: position, into: &result) { deflate($0, isLastPiece ? Z_FINISH : Z_NO_FLUSH) }
            if status == Z_STREAM_END { return result }
            guard status == Z_OK else { return nil }
            await Task.yield()
        }
    }
}

/// zlib's state, at an address of its own (zlib remembers it), and one step of its work.
private final class Turn {
    static let inputPiece = 1 << 30  // zlib counts in 32 bits.
    private static let outputPiece = 64 * 1024

    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

    init() { stream.initialize(to: z_stream()) }

    deinit { stream.deallocate() }

    /// Lets zlib work on the rest of the input until it is used up or a piece of output is full.
    /// - Returns: zlib's status, and how far it has read.
    func take(
        _ input: [UInt8], from position: Int, into output: inout [UInt8], _ work: (UnsafeMutablePointer<z_stream>) -> Int32
    ) -> (Int32, Int) {
        var status = Z_OK
        var consumed = 0
        let available = min(input.count - position, Self.inputPiece)
        output += [UInt8](unsafeUninitializedCapacity: Self.outputPiece) { room, count in
            input.withUnsafeBufferPointer { bytes in
                // zlib doesn't write to its input; the pointer is mutable for reasons of history.
                stream.pointee.next_in = bytes.baseAddress.map { UnsafeMutablePointer(mutating: $0 + position) }
                stream.pointee.avail_in = UInt32(available)
                stream.pointee.next_out = room.baseAddress
                stream.pointee.avail_out = UInt32(Self.outputPiece)
                status = work(stream)
                consumed = available - Int(stream.pointee.avail_in)
                count = Self.outputPiece - Int(stream.pointee.avail_out)
            }
        }
        return (status, position + consumed)
    }
}
