/// Frames records for a stream: the length in decimal, a newline, the bytes.
///
/// Specified by Mesos 1.11 docs/scheduler-http-api.md, "RecordIO response format".
public enum RecordWriter {
    /// One record, framed.
    public static func frame(_ record: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(record.count + 21)
        append(record, to: &bytes)
        return bytes
    }

    /// Appends one framed record, so that several can leave in one write.
    public static func append(_ record: some Collection<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: header(length: record.count))
        bytes.append(contentsOf: record)
    }

    /// What stands before a record of `length` bytes.
    public static func header(length: Int) -> [UInt8] {
        Array("\(length)\n".utf8)
    }
}
