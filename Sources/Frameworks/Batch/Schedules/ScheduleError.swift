/// Why a text is no schedule (or a file no zone): where it goes wrong and what would have been right there.
package struct ScheduleError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where, in bytes of UTF-8 from the start; the length of the text when something lacks at its end.
    package let offset: Int
    /// What would have been right there, as the object of a sentence: "a minute from 0 to 59".
    package let expected: String

    package init(offset: Int, expected: String) {
        self.offset = offset
        self.expected = expected
    }

    package var description: String { "Expected \(expected) at offset \(offset)." }
}
