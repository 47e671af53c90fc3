import JSON
import Machine
import Testing

struct ParserTests {
    static let values: [(String, JSONValue)] = [
        ("null", JSONValue.null), (" true ", true), ("false", false), ("0", 0), ("-0", .double(-0.0)), ("12", 12),
        ("-9223372036854775808", .integer(.min)),
        ("9223372036854775807", .integer(.max)), ("9223372036854775808", .unsigned(1 << 63)), ("18446744073709551615", .unsigned(.max)),
        ("18446744073709551616", .double(18_446_744_073_709_551_616)), ("-9223372036854775809", .double(-9_223_372_036_854_775_808)),
        ("1.5", 1.5), ("1e3", 1000.0), ("1E-2", 0.01), ("1.0e+2", 100.0), ("1e-999", 0.0), ("\"\"", ""), ("\"é\"", "é"), ("\"\\u00e9\"", "é"),
        ("\"\\ud83d\\ude00\"", "😀"), ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\u{8}\u{c}\n\r\t"), ("\"\\u0000\"", "\0"), ("\"\u{7f}\"", "\u{7f}"),
        ("[]", []), ("[ 1 , [ ] , {} ]", [1, [], [:]]), ("{}", [:]), ("{ \"a\" : 1 , \"b\":[true] }", ["a": 1, "b": [true]]),
        ("{\"a\":1,\"a\":2}", ["a": 1, "a": 2]), ("\t\n\r 1 \t\n\r", 1)
    ]

    @Test(arguments: values)
    func `reads each kind of value`(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == value)
    }

    static let faults: [(String, Int, JSONError.Reason)] = [
        ("", 0, JSONError.Reason.unexpectedEnd), ("  ", 2, .unexpectedEnd), ("nul", 3, .unexpectedEnd), ("\"abc", 4, .unexpectedEnd),
        ("[1", 2, .unexpectedEnd), ("{\"a\"", 4, .unexpectedEnd), ("\"\\", 2, .unexpectedEnd), ("\"\\u12", 5, .unexpectedEnd),
        ("nulx", 3, .unexpectedByte(UInt8(ascii: "x"), expected: "'null'")), ("True", 0, .unexpectedByte(UInt8(ascii: "T"), expected: "a value")),
        ("[1,]", 3, .unexpectedByte(UInt8(ascii: "]"), expected: "a value")),
        ("[1 2]", 3, .unexpectedByte(UInt8(ascii: "2"), expected: "',' or ']'")),
        ("{\"a\":1,}", 7, .unexpectedByte(UInt8(ascii: "}"), expected: "a string")),
        ("{a:1}", 1, .unexpectedByte(UInt8(ascii: "a"), expected: "a string")),
        ("{\"a\" 1}", 5, .unexpectedByte(UInt8(ascii: "1"), expected: "':'")),
        ("{\"a\":1]", 6, .unexpectedByte(UInt8(ascii: "]"), expected: "',' or '}'")),
        ("\u{feff}1", 0, .unexpectedByte(0xef, expected: "a value")), ("/**/1", 0, .unexpectedByte(UInt8(ascii: "/"), expected: "a value")),
        ("NaN", 0, .unexpectedByte(UInt8(ascii: "N"), expected: "a value")), ("+1", 0, .unexpectedByte(UInt8(ascii: "+"), expected: "a value")),
        ("1 2", 2, .trailingBytes), ("{}x", 2, .trailingBytes), ("01", 0, .invalidNumber), ("-", 0, .invalidNumber), ("1.", 0, .invalidNumber),
        ("-a", 0, .invalidNumber), ("1e", 0, .invalidNumber), ("1e+", 0, .invalidNumber), ("1.e3", 0, .invalidNumber),
        ("[.5]", 1, .unexpectedByte(UInt8(ascii: "."), expected: "a value")),
        ("[1e999]", 1, .numberOutOfRange), ("-1e999", 0, .numberOutOfRange), ("1e99999999999999999999", 0, .numberOutOfRange),
        ("\"\\x\"", 1, .invalidEscape), ("\"\\u12g4\"", 1, .invalidEscape), ("\"\\ud800\"", 1, .unpairedSurrogate),
        ("\"\\udc00\"", 1, .unpairedSurrogate),
        ("\"\\ud800\\u0041\"", 1, .unpairedSurrogate), ("\"\\ud800x\"", 1, .unpairedSurrogate), ("\"a\nb\"", 2, .controlCharacterInString(0x0a)),
        ("\"\\n\u{1}\"", 3, .controlCharacterInString(1))
    ]

    @Test(arguments: faults)
    func `says where and why a text is wrong`(text: String, offset: Int, reason: JSONError.Reason) {
        #expect(throws: JSONError(offset: offset, reason: reason)) { try JSONValue(parsing: text) }
    }

    @Test(
        arguments: [
            [0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82], [0x5c, 0x6e, 0x80], [0xf4, 0x90, 0x80, 0x80]
        ] as [[UInt8]])
    func `refuses ill-formed UTF-8 in strings`(content: [UInt8]) {
        let text = [0x22] + content + [0x22]
        #expect(throws: JSONError(offset: 1, reason: .invalidUTF8)) { try JSONValue(parsing: text) }
    }

    @Test func `allows a hundred levels and no more`() throws {
        func nested(_ depth: Int) -> String { String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(throws: Never.self) { try JSONValue(parsing: nested(100)) }
        #expect(throws: JSONError(offset: 100, reason: .tooDeep(limit: 100))) { try JSONValue(parsing: nested(101)) }
        #expect(throws: JSONError(offset: 0, reason: .tooDeep(limit: 0))) { try JSONValue(parsing: "{}", limits: JSONLimits(depth: 0)) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: String(repeating: "{\"a\":[", count: 100_000)) }
    }

    @Test func `refuses a number of more than a kilobyte unless it is an integer of 64 bits`() throws {
        let digits = String(repeating: "9", count: 2_000)
        #expect(throws: JSONError(offset: 0, reason: .invalidNumber)) { try JSONValue(parsing: digits) }
        #expect(throws: JSONError(offset: 0, reason: .invalidNumber)) { try JSONValue(parsing: "0.\(digits)") }
        #expect(try JSONValue(parsing: "0." + String(repeating: "9", count: 1_000)) == 1.0)
    }

    @Test func `error texts name the byte and the place`() {
        let texts = ["[1,]", "\"\u{1}\"", "{\"a\":\u{1f}}", "1e999"].map { text in
            do throws(JSONError) {
                return try JSONValue(parsing: text).bytes.description
            } catch { return error.description }
        }
        #expect(
            texts == [
                "unexpected ']', expected a value at byte 3", "unescaped control character 0x01 in a string at byte 1",
                "unexpected 0x1f, expected a value at byte 5", "number out of range at byte 0"
            ])
    }

    @Test func `mutated texts either parse, then print and parse again as the same value, or are refused`() throws {
        let seed = #"{"id":"é\n\ud83d\ude00","n":[0,-1,1.5e-3,18446744073709551615,true,null],"o":{"a":{},"b":[[]]},"x":"\\"}"#
        let splices: [UInt8] = Array(#"{}[]",:\u0123dDeE+-.truefalsn"#.utf8) + [0, 0x1f, 0x7f, 0x80, 0xc3, 0xed, 0xff]
        var random = SplitMix(seed: 7)
        var parsed = 0
        for _ in 0..<40_000 {
            var bytes = Array(seed.utf8)
            for _ in 0...random.below(3) {
                let place = random.below(bytes.count)
                switch random.below(4) {
                case 0: bytes[place] = splices[random.below(splices.count)]
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(splices[random.below(splices.count)], at: place)
                default: bytes.removeSubrange(place..<min(bytes.count, place + random.below(20)))
                }
                if bytes.isEmpty { bytes = [0x20] }
            }
            guard let value = try? JSONValue(parsing: bytes) else { continue }
            parsed += 1
            let again = try JSONValue(parsing: value.bytes)
            #expect(again.bytes == value.bytes)
        }
        #expect(parsed > 1_000)
    }
}
