package import FrameworkCore

extension Timestamp {
    /// The text of Marathon's refusal of a timestamp that can't be read.
    package static func invalidMessage(_ text: String) -> String {
        "Invalid timestamp provided '\(text)'. Expecting ISO-8601 datetime string."
    }
}
