import JSON
import Machine
import Testing

struct WriterTests {
    func text(_ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        body(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func `puts commas between neighbours only`() {
        let result = text { writer in
            writer.beginObject()
            writer.key("a")
            writer.beginArray()
            writer.int(1)
            writer.beginObject()
            writer.endObject()
            writer.beginArray()
            writer.endArray()
            writer.endArray()
            writer.key(verbatim: "b")
            writer.bool(true)
            writer.key("c\"")
            writer.null()
            writer.key("d")
            writer.raw(Array("[1]".utf8))
            writer.endObject()
        }
        #expect(result == #"{"a":[1,{},[]],"b":true,"c\"":null,"d":[1]}"#)
    }

    @Test(arguments: [
        ("", "\"\""), ("plain", "\"plain\""), ("a\"b\\c/", "\"a\\\"b\\\\c/\""), ("\u{8}\u{9}\u{a}\u{c}\u{d}", "\"\\b\\t\\n\\f\\r\""),
        ("\u{0}\u{1f}", "\"\\u0000\\u001f\""), ("é😀\u{7f}", "\"é😀\u{7f}\"")
    ])
    func `escapes quotes, backslashes and control characters, nothing else`(value: String, expected: String) {
        #expect(text { $0.string(value) } == expected)
        var copy = value
        #expect(copy.withUTF8 { utf8 in text { $0.string(utf8: utf8) } } == expected)
    }

    @Test func `replaces what is not UTF-8`() {
        let result = ([0x61, 0xff, 0x62] as [UInt8]).withUnsafeBufferPointer { bytes in text { $0.string(utf8: bytes) } }
        #expect(result == "\"a\u{fffd}b\"")
    }

    @Test(
        arguments: [
            (0, "0.0", "0"), (-0.0, "-0.0", "-0"), (5, "5.0", "5"), (-5, "-5.0", "-5"), (0.1, "0.1", "0.1"), (0.01, "0.01", "0.01"),
            (0.001, "0.001", "0.001"),
            (-0.25, "-0.25", "-0.25"), (1234.567, "1234.567", "1234.567"), (10.05, "10.05", "10.05"),
            (0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"),
            (1.0 / 3, "0.3333333333333333", "0.3333333333333333"), (0.000001, "0.000001", "0.000001"), (0.0000001, "1e-7", "1e-7"),
            (1.5e-7, "1.5e-7", "1.5e-7"), (.leastNonzeroMagnitude, "5e-324", "5e-324"),
            (123_456_789_012_345_680, "123456789012345680.0", "123456789012345680"),
            (1e20, "100000000000000000000.0", "100000000000000000000"), (1e21, "1e21", "1e21"),
            (1.7976931348623157e308, "1.7976931348623157e308", "1.7976931348623157e308"),
            (1_700_000_000.123456, "1700000000.123456", "1700000000.123456"), (.infinity, "null", "null"), (-.infinity, "null", "null"),
            (.nan, "null", "null")
        ] as [(Double, String, String)])
    func `writes the shortest double, with or without a needless decimal`(value: Double, mesos: String, marathon: String) {
        #expect(text { $0.double(value) } == mesos)
        #expect(text { $0.number(value) } == marathon)
    }

    @Test func `every finite double reads back as the same and is never longer than the standard library's text`() throws {
        var random = SplitMix(seed: 3)
        for round in 0..<50_000 {
            let bits = random.next()
            let value =
                switch round % 3 {
                case 0: Double(bitPattern: bits)
                case 1: Double(Int64(bits % 2_000_000_000_000) - 1_000_000_000_000) / 1000
                default: Double(bits % 1_000_000) / Double(bits >> 40 | 1)
                }
            guard value.isFinite else { continue }
            let written = text { $0.double(value) }
            let shorter = text { $0.number(value) }
            #expect(Double(written) == value && Double(shorter) == value)
            #expect(significantDigits(shorter) == significantDigits(value.description))
            #expect(throws: Never.self) { try JSONValue(parsing: written) }
        }
    }

    func significantDigits(_ text: String) -> String {
        let mantissa = text.prefix { $0 != "e" }.filter(\.isNumber)
        let trimmed = mantissa.drop { $0 == "0" }
        return String(String(trimmed.reversed().drop { $0 == "0" }).reversed())
    }

    @Test func `writes all 64 bit integers`() {
        #expect(text { $0.int(Int64.min) } == "-9223372036854775808")
        #expect(text { $0.int(Int64.max) } == "9223372036854775807")
        #expect(text { $0.uint(.max) } == "18446744073709551615")
        #expect(text { $0.int(10) } == "10")
    }

    @Test func `hands over what is written and goes on`() {
        var writer = JSONWriter()
        writer.beginArray()
        writer.int(1)
        let first = writer.takeBytes()
        writer.int(2)
        writer.endArray()
        #expect(String(decoding: first + writer.bytes, as: UTF8.self) == "[1,2]")
    }
}

struct ValueTests {
    @Test func `accessors take a number in any form that holds it, and nothing else`() {
        #expect(JSONValue.double(5).integer == 5)
        #expect(JSONValue.double(5.5).integer == nil)
        #expect(JSONValue.double(1e300).integer == nil)
        #expect(JSONValue.unsigned(.max).integer == nil)
        #expect(JSONValue.integer(-1).unsigned == nil)
        #expect(JSONValue.double(-1).unsigned == nil)
        #expect(JSONValue.double(1e19).unsigned == 10_000_000_000_000_000_000)
        #expect(JSONValue.integer(2).double == 2.0)
        #expect(JSONValue.string("2").double == nil)
        #expect(JSONValue.bool(true).integer == nil)
        #expect(Int64(exactlyOrNil: .nan) == nil && Int64(exactlyOrNil: .infinity) == nil && Int64(exactlyOrNil: 9.3e18) == nil)
        #expect(Int64(exactlyOrNil: -9_223_372_036_854_775_808) == .min)
        #expect(UInt64(exactlyOrNil: 18_446_744_073_709_551_616) == nil)
    }

    @Test func `the last of several members counts, setting replaces it, nil removes all`() {
        var object = JSONObject([("a", 1), ("b", 2), ("a", 3)])
        #expect(object["a"] == 3 && object["c"] == nil)
        object["a"] = 4
        object["c"] = 5
        #expect(object.map(\.name) == ["a", "b", "a", "c"] && object["a"] == 4)
        object["a"] = nil
        #expect(object.map(\.name) == ["b", "c"])
        #expect(JSONValue.object(object)["b"] == 2 && JSONValue.array([])["b"] == nil)
    }
}

struct Base64Tests {
    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy")])
    func `the vectors of RFC 4648`(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded.utf8) == Array(plain.utf8))
    }

    @Test(arguments: ["Z", "Zg", "Zg=", "Zg===", "Z===", "====", "Zm9v\n", "Zm-v", "Z=9v", "Zg==Zg=="])
    func `refuses other characters, lengths and padding`(text: String) {
        #expect(Base64.decode(text.utf8) == nil)
    }

    @Test func `all byte values survive`() {
        let bytes = (0...255).map { UInt8($0) }
        #expect(Base64.decode(Base64.encode(bytes).utf8) == bytes)
    }
}
