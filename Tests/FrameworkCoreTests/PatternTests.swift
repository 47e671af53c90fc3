import Machine
import Testing

@testable import FrameworkCore

struct PatternTests {
    @Test(
        arguments: [
            // pattern, matching, not matching
            ("abc", ["abc"], ["ab", "abcd", "xabc", ""]),
            ("", [""], ["a"]),
            ("a|bc|", ["a", "bc", ""], ["b", "abc"]),
            ("a*", ["", "a", "aaaa"], ["b", "ab"]),
            ("a+b?", ["a", "aab"], ["", "b", "abb"]),
            ("a{2}", ["aa"], ["a", "aaa"]),
            ("a{2,}", ["aa", "aaaaa"], ["a"]),
            ("a{1,3}?", ["a", "aaa"], ["", "aaaa"]),
            ("(ab){2}c*?", ["abab", "ababcc"], ["ab", "abc"]),
            ("(?:a|b)+", ["abba"], ["", "c"]),
            ("a.c", ["abc", "a.c", "aéc"], ["ac", "a\nc"]),
            (".*", ["", "anything"], ["a\nb"]),
            ("[abc]x", ["ax", "cx"], ["dx", "x"]),
            ("[^abc]", ["d", "\n"], ["a", ""]),
            ("[a-c1-3_-]+", ["a1_-"], ["d", "4"]),
            ("[\\d.]+", ["10.0.0.1"], ["10:0"]),
            ("[^\\D5]", ["4"], ["5", "a"]),
            ("\\d\\D\\w\\W\\s\\S", ["1aB! x"], ["aaB! x"]),
            ("a\\.b\\\\\\[", ["a.b\\["], ["axb\\["]),
            ("^a$", ["a"], ["ba"]),
            ("a^b", [], ["ab", "a^b"]),
            ("\\bfoo\\b", ["foo"], ["foob"]),
            ("foo\\B.*", ["foobar"], ["foo bar", "foo"]),
            ("(?i)abc[x-z]", ["ABCY", "abcx"], ["abca"]),
            ("a(?i:b)c", ["aBc", "abc"], ["abC"]),
            ("(?i)[^a]", ["b", "B"], ["a", "A"]),
            ("web-[0-9]{2}\\.rack(1|2)", ["web-07.rack2"], ["web-7.rack2", "web-07xrack1"]),
            ("}]", ["}]"], ["]"]),
            ("é+", ["éé"], ["e"]),
            ("(a*)*b", ["b", "aab"], ["a"]),
            ("(a|aa)+", ["aaaaaaa"], ["aab"]),
            ("(^|x)a", ["a", "xa"], ["ya"])
        ] as [(String, [String], [String])])
    func `a pattern matches whole texts`(text: String, matching: [String], others: [String]) throws {
        let pattern = try #require(Pattern(text))
        for text in matching { #expect(pattern.matches(text), "\(text)") }
        for text in others { #expect(!pattern.matches(text), "\(text)") }
    }

    @Test(arguments: [
        "(", ")", "a(b", "a)b", "[", "[]", "[a", "[b-a]", "[a-\\d]", "[a&&b]", "[[a]]", "*", "+a", "?", "a**", "a*+", "a++", "{", "a{", "a{1", "a{1,",
        "a{2,1}", "a{,2}", "a{99999}", "\\", "\\1", "(a)\\1", "\\q", "(?=a)", "(?!a)", "(?<=a)b", "(?<name>a)", "(?s)a", "a{1000}{1000}",
        "(a{50}){50}",
        "((((){999}){999}){999}){999}", String(repeating: "(", count: 60) + String(repeating: ")", count: 60), String(repeating: "a", count: 1025),
        String(repeating: "(", count: 1000)
    ])
    func `what is no pattern, or one beyond the limits, is refused`(text: String) {
        #expect(Pattern(text) == nil)
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["(a+)+b", "(a|a)*b", "(a*)*(a*)*(a*)*b", "(.*)(.*)(.*)(.*)(.*)x"])
    func `patterns that make others backtrack for ages take linear time`(text: String) throws {
        let pattern = try #require(Pattern(text))
        #expect(!pattern.matches(String(repeating: "a", count: Pattern.maxTextLength)))
    }

    @Test func `texts beyond the limit match nothing`() throws {
        let pattern = try #require(Pattern("a*"))
        #expect(pattern.matches(String(repeating: "a", count: Pattern.maxTextLength)))
        #expect(!pattern.matches(String(repeating: "a", count: Pattern.maxTextLength + 1)))
    }

    @Test func `no text traps the reader of patterns`() {
        let pieces = ["a", "(", ")", "[", "]", "^", "-", "\\", "d", "*", "+", "?", "{", "}", "1", ",", "|", ".", "$", "(?i)", "(?:", "é"]
        var random = SplitMix(seed: 7)
        var taken = 0
        for _ in 0..<20_000 {
            let text = (0..<Int(random.draw(below: 12))).map { _ in pieces[Int(random.draw(below: UInt64(pieces.count)))] }.joined()
            guard let pattern = Pattern(text) else { continue }
            taken += 1
            _ = pattern.matches("a1-é")
        }
        #expect(taken > 1000)
    }
}
