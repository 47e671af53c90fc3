import Machine
import Testing

struct RecordableTests {
    @Test func `what is written is read again`() throws {
        var writer = RecordingWriter()
        let numbers: [Int64] = [0, 1, -1, 63, -64, 64, .max, .min, 1_234_567_890_123]
        for number in numbers { writer.put(number) }
        writer.put(UInt64.max)
        writer.put("größer")
        writer.put(nil as String?)
        writer.put([1, 2, 3] as [UInt8])
        writer.put(["a", "b"]) { $0.put($1) }
        writer.put(Moment(monotonic: -5, wall: 7))
        writer.put(Origin(principal: "p", peer: "127.0.0.1:1"))
        var reader = RecordingReader(writer.bytes)
        for number in numbers { #expect(try reader.int64() == number) }
        #expect(try reader.uint64() == .max)
        #expect(try reader.string() == "größer")
        #expect(try reader.optionalString() == nil)
        #expect(try reader.data() == [1, 2, 3])
        #expect(try reader.array { reader throws(RecordingError) in try reader.string() } == ["a", "b"])
        #expect(try reader.moment() == Moment(monotonic: -5, wall: 7))
        #expect(try reader.origin() == Origin(principal: "p", peer: "127.0.0.1:1"))
        #expect(reader.isAtEnd)
    }

    @Test(
        arguments: [
            ([], RecordingError.truncated),
            ([0x80], .truncated),
            ([0x05, 0x61], .truncated),
            ([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], .invalid("integer of more than 64 bits")),
            ([0x01, 0xff], .invalid("text that is not UTF-8"))
        ] as [([UInt8], RecordingError)])
    func `bytes that no writer wrote are refused`(bytes: [UInt8], error: RecordingError) {
        #expect(throws: error) {
            var reader = RecordingReader(bytes)
            _ = try reader.string()
        }
    }

    @Test(
        arguments: [
            (Double.nan, nil), (.infinity, nil), (1.5, 1_500_000_000), (1e300, .max), (-1e300, .min), (0, 0)
        ] as [(Double, Int64?)])
    func `seconds from outside become nanoseconds without a trap`(seconds: Double, expected: Int64?) {
        #expect(Int64(secondsClamped: seconds) == expected)
    }
}
