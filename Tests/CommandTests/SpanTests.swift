import Testing

@testable import agora

/// What `agora events --since` takes.
struct SpanTests {
    @Test(
        arguments: [
            ("30s", 30.0), ("1sec", 1), ("10secs", 10), ("1.5m", 90), ("5min", 300), ("10mins", 600), ("1h", 3_600), ("2hr", 7_200), ("2hrs", 7_200),
            ("1d", 86_400), ("7days", 604_800), ("1week", 604_800), ("500ms", 0.5), ("1", nil), ("h", nil), ("-1h", nil), ("1.2.3h", nil), ("1y", nil)
        ] as [(String, Double?)])
    func `a span is read as people write it, and as Mesos's flags do`(text: String, seconds: Double?) {
        #expect(EventsCommand.seconds(text) == seconds)
    }

    @Test func `what is no span is refused with the units`() {
        let error = #expect(throws: ClientError.self) { try EventsCommand.moment("soon") }
        #expect(error?.description.contains("(s, min, h, d, weeks)") == true)
    }
}
