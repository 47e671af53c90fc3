import Testing
import agora

struct NarrationTests {
    private struct Point {
        let x: Int
        let name: String?
        let bytes: [UInt8]
        let tags: [String]
    }

    private enum Event {
        case none
        case moved(Point, by: Int)
        case failed(String?)
    }

    @Test func `a value is one line: cases, members and counts of bytes, without what is empty`() {
        let point = Point(x: 1, name: nil, bytes: [1, 2, 3], tags: [])
        #expect(Narration.line(Event.none) == "none")
        #expect(Narration.line(Event.moved(point, by: -2)) == "moved(Point(x: 1, bytes: <3 bytes>), by: -2)")
        #expect(Narration.line(Event.failed("a \"b\"")) == #"failed("a \"b\"")"#)
        #expect(Narration.line([true, false]) == "[true, false]")
    }

    @Test func `what is long is cut`() {
        #expect(Narration.line(Array(0..<30)).hasSuffix("19, … 30 in all]"))
        #expect(Narration.line(String(repeating: "x", count: 10_000)).count == Narration.limit + 1)
    }
}
