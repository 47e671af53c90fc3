import Testing

@testable import FrameworkCore

struct TimestampTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00.000Z", 0),
            ("1970-01-01T00:00Z", 0),
            ("1970-01-01T00:00:00.001999999Z", 1),
            ("2021-07-27T10:00:00.123Z", 1_627_380_000_123),
            ("2021-07-27t10:00:00.123z", 1_627_380_000_123),
            ("2021-07-27T12:30:00.1+02:30", 1_627_380_000_100),
            ("2021-07-27T09:00:00.12-01", 1_627_380_000_120),
            ("2021-07-27T10:00:30+00:00:30", 1_627_380_000_000),
            ("2000-02-29T23:59:59Z", 951_868_799_000),
            ("1969-12-31T23:59:59.999Z", -1),
            ("0000-01-01T00:00:00Z", -62_167_219_200_000),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999)
        ] as [(String, Int64)])
    func `an ISO 8601 text with an offset is read as an instant`(text: String, milliseconds: Int64) {
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "now", "2021-07-27", "2021-07-27T10:00:00.123", "2021-07-27 10:00:00Z", "2021-13-01T00:00:00Z", "2021-00-01T00:00:00Z",
        "2021-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2021-04-31T00:00:00Z", "2021-01-00T00:00:00Z", "2021-07-27T24:00:00Z",
        "2021-07-27T10:60:00Z", "2021-07-27T10:00:60Z", "2021-07-27T10:00:00.Z", "2021-07-27T10:00:00.1234567890Z",
        "2021-07-27T10:00:00+19:00", "2021-07-27T10:00:00+1", "2021-07-27T10:00:00+01:60", "2021-07-27T10:00:00ZZ", "21-07-27T10:00:00Z",
        "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "20210-07-27T10:00:00Z", "２021-07-27T10:00:00Z"
    ])
    func `any other text is refused`(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_627_380_000_123, "2021-07-27T10:00:00.123Z"),
            (1_627_380_000_100, "2021-07-27T10:00:00.100Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z")
        ] as [(Int64, String)])
    func `an instant is written in UTC with three decimals`(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
    }

    @Test func `what is written is read back, all over the calendar`() {
        for day in stride(from: Int64(-719_528), to: 2_932_896, by: 97) {
            let timestamp = Timestamp(milliseconds: day * 86_400_000 + 45_296_789)
            #expect(Timestamp(timestamp.description) == timestamp)
        }
    }

    @Test func `nanoseconds are cut to milliseconds, before 1970 too, and no instant traps`() {
        #expect(Timestamp(wall: 1_999_999).milliseconds == 1)
        #expect(Timestamp(wall: -1).milliseconds == -1)
        #expect(!Timestamp(milliseconds: .max).description.isEmpty)
        #expect(!Timestamp(milliseconds: .min).description.isEmpty)
    }
}
