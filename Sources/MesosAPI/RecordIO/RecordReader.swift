/// Takes a record stream apart, whatever pieces it arrives in.
///
/// It holds at most one unfinished record, so at most `limit` bytes, and no more than has arrived. After an error it stays broken: nobody
/// knows where the next record would begin.
public struct RecordReader: Sendable {
    public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// The byte stands where a digit or the newline after the length should.
        case lengthNotDecimal(UInt8)
        /// The length has more digits than any 64 bit number.
        case lengthTooLong
        case recordTooLong(length: UInt64, limit: Int)
        /// The stream ended inside a record or its length.
        case truncated

        public var description: String {
            switch self {
            case .lengthNotDecimal(let byte): "expected the length of a record, found byte \(byte)"
            case .lengthTooLong: "the length of a record has too many digits"
            case .recordTooLong(let length, let limit): "a record of \(length) bytes is above the limit of \(limit) bytes"
            case .truncated: "the stream ended inside a record"
            }
        }
    }

    private enum State {
        case length(digits: Int, value: UInt64)
        case record(missing: Int)
        case broken(Failure)
    }

    /// The longest record accepted, in bytes.
    public let limit: Int
    private var state = State.length(digits: 0, value: 0)
    private var unfinished: [UInt8] = []

    /// - Parameter limit: the longest record accepted, in bytes.
    public init(limit: Int) {
        precondition(limit >= 0, "a record can't be shorter than nothing")
        self.limit = limit
    }

    /// Whether the stream may end here.
    public var isAtBoundary: Bool {
        if case .length(digits: 0, _) = state { true } else { false }
    }

    /// Takes the next piece of the stream and appends the records that it completes.
    /// - Throws: `Failure`; the records before the fault have been appended then.
    public mutating func read(_ chunk: UnsafeRawBufferPointer, into records: inout [[UInt8]]) throws(Failure) {
        var index = 0
        while index < chunk.count {
            switch state {
            case .length(let digits, let value):
                try readLength(chunk[index], digits: digits, value: value, into: &records)
                index += 1
            case .record(let missing):
                let end = index + min(missing, chunk.count - index)
                unfinished.append(contentsOf: UnsafeRawBufferPointer(rebasing: chunk[index..<end]))
                finishRecord(missing: missing - (end - index), into: &records)
                index = end
            case .broken(let failure):
                throw failure
            }
        }
    }

    /// The same for a piece in an array.
    public mutating func read(_ chunk: [UInt8]) throws(Failure) -> [[UInt8]] {
        var records: [[UInt8]] = []
        try chunk.withUnsafeBufferPointer { (buffer) throws(Failure) in try read(UnsafeRawBufferPointer(buffer), into: &records) }
        return records
    }

    /// Says that the stream has ended.
    /// - Throws: `.truncated` if a record was under way, or the earlier failure.
    public func finish() throws(Failure) {
        if case .broken(let failure) = state { throw failure }
        guard isAtBoundary else { throw .truncated }
    }

    private mutating func readLength(_ byte: UInt8, digits: Int, value: UInt64, into records: inout [[UInt8]]) throws(Failure) {
        switch byte {
        case UInt8(ascii: "\n") where digits > 0:
            guard let length = Int(exactly: value), length <= limit else {
                throw fail(.recordTooLong(length: value, limit: limit))
            }
            finishRecord(missing: length, into: &records)
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            guard digits < 20, !overflow, !carry else { throw fail(.lengthTooLong) }
            state = .length(digits: digits + 1, value: sum)
        default:
            throw fail(.lengthNotDecimal(byte))
        }
    }

    private mutating func finishRecord(missing: Int, into records: inout [[UInt8]]) {
        guard missing == 0 else {
            state = .record(missing: missing)
            return
        }
        records.append(unfinished)
        unfinished = []
        state = .length(digits: 0, value: 0)
    }

    private mutating func fail(_ failure: Failure) -> Failure {
        unfinished = []
        state = .broken(failure)
        return failure
    }
}
