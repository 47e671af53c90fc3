import Machine
import MesosAPI
import Testing

struct RecordIOTests {
    @Test func `a record is framed by its length`() {
        #expect(RecordWriter.frame(Array("{}".utf8)) == Array("2\n{}".utf8))
        #expect(RecordWriter.frame([]) == Array("0\n".utf8))
    }

    @Test func `records survive any split of the stream`() throws {
        var random = SplitMix(seed: 11)
        for seed in 0..<300 {
            let records = (0..<(seed % 7)).map { _ in
                (0..<Int.random(in: 0...300, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            }
            var stream: [UInt8] = []
            for record in records { RecordWriter.append(record, to: &stream) }
            var reader = RecordReader(limit: 300)
            var read: [[UInt8]] = []
            var start = 0
            while start < stream.count {
                let end = min(stream.count, start + Int.random(in: 1...(seed % 2 == 0 ? 3 : 400), using: &random))
                read += try reader.read(Array(stream[start..<end]))
                start = end
            }
            #expect(read == records)
            #expect(throws: Never.self) { try reader.finish() }
        }
    }

    static let faults: [(String, RecordReader.Failure, [String])] = [
        ("2\nok\n", .lengthNotDecimal(10), ["ok"]), ("x", .lengthNotDecimal(120), []), ("-1\n", .lengthNotDecimal(45), []),
        (" 1\n", .lengthNotDecimal(32), []),
        ("1 \n", .lengthNotDecimal(32), []), ("1\r\n", .lengthNotDecimal(13), []),
        ("1\na2\nbb11\n", .recordTooLong(length: 11, limit: 10), ["a", "bb"]),
        ("18446744073709551615\n", .recordTooLong(length: .max, limit: 10), []), ("18446744073709551616\n", .lengthTooLong, []),
        ("000000000000000000001\n", .lengthTooLong, [])
    ]

    @Test(arguments: faults)
    func `a fault ends the stream for good, what came before it counts`(stream: String, failure: RecordReader.Failure, before: [String]) {
        var reader = RecordReader(limit: 10)
        var records: [[UInt8]] = []
        #expect(throws: failure) {
            try Array(stream.utf8).withUnsafeBytes { try reader.read($0, into: &records) }
        }
        #expect(records.map { String(decoding: $0, as: UTF8.self) } == before)
        #expect(throws: failure) { _ = try reader.read(Array("1\na".utf8)) }
        #expect(throws: failure) { try reader.finish() }
    }

    @Test func `a record of exactly the limit passes, leading zeros too`() throws {
        var reader = RecordReader(limit: 10)
        #expect(try reader.read(Array("0010\n0123456789".utf8)).map(\.count) == [10])
    }

    @Test(arguments: ["1", "3\n", "3\nab"])
    func `an end inside a record is noticed`(stream: String) throws {
        var reader = RecordReader(limit: 10)
        #expect(reader.isAtBoundary)
        #expect(try reader.read(Array(stream.utf8)).isEmpty)
        #expect(!reader.isAtBoundary)
        #expect(throws: RecordReader.Failure.truncated) { try reader.finish() }
    }
}
