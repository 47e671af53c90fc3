import NIOCore

/// Cuts a stream of bytes into records: decimal length, line feed, so many bytes (Mesos 1.11 docs/recordio.md).
struct RecordSplitter {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let limit: Int
    private var rest = ByteBuffer()

    init(limit: Int) { self.limit = limit }

    var isInsideRecord: Bool { rest.readableBytes > 0 }

    /// - Returns: the records that are complete now.
    mutating func push(_ buffer: ByteBuffer) -> Result<[[UInt8]], Failure> {
        var buffer = buffer
        if rest.readableBytes == 0 { rest = buffer } else { rest.writeBuffer(&buffer) }
        var records: [[UInt8]] = []
        while let (header, length) = nextLength() {
            guard let length else { return .failure(Failure(description: "a record's length is not a decimal number of at most \(limit)")) }
            guard rest.readableBytes >= header + length else { break }
            rest.moveReaderIndex(forwardBy: header)
            guard let record = rest.readBytes(length: length) else { break }
            records.append(record)
        }
        if rest.readableBytes == 0 { rest = ByteBuffer() } else { rest.discardReadBytes() }
        return .success(records)
    }

    private func nextLength() -> (header: Int, length: Int?)? {
        let view = rest.readableBytesView
        var length = 0
        for (offset, byte) in view.prefix(20).enumerated() {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                length = length &* 10 &+ Int(byte &- UInt8(ascii: "0"))
                guard length <= limit else { return (offset, nil) }
            case UInt8(ascii: "\n") where offset > 0:
                return (offset + 1, length)
            default:
                return (offset, nil)
            }
        }
        return view.count >= 20 ? (20, nil) : nil
    }
}
