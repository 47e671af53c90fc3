import FrameworkCore

/// The syntaxes of names in Marathon's API, checked by hand.
enum NameSyntax {
    /// `^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`: names of ports, volumes, containers.
    static func isName(_ text: String) -> Bool { isLabel(text) { $0 == UInt8(ascii: "-") } }

    /// `^[a-z0-9]([-a-z0-9_]*[a-z0-9])?$`: names of networks.
    static func isNetworkName(_ text: String) -> Bool { isLabel(text) { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") } }

    private static func isLabel(_ text: String, inner: (UInt8) -> Bool) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return false }
        return first.isLowerAlphanumeric && last.isLowerAlphanumeric && text.utf8.allSatisfy { $0.isLowerAlphanumeric || inner($0) }
    }

    /// `<name>/<option>`, the key of an option of an external volume: `dvdi/driver`.
    static func isOptionKey(_ text: String) -> Bool {
        guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else { return false }
        let option = text.utf8[text.utf8.index(after: slash)...]
        guard isName(String(text[..<slash])), let first = option.first, let last = option.last else { return false }
        return first.isAlphanumeric && last.isAlphanumeric
            && option.allSatisfy { byte in byte.isAlphanumeric || "-._:".utf8.contains(byte) }
    }

    /// `^(//cmd)|(/?[^/]+(/[^/]+)*)|$`: empty, `//cmd`, or a path without empty segments.
    static func isExecutor(_ text: String) -> Bool {
        if text.isEmpty || text == "//cmd" { return true }
        var segments = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        if segments.first?.isEmpty == true { segments.removeFirst() }
        return segments.allSatisfy { !$0.isEmpty }
    }

    /// Whether a text can be a URI (RFC 3986 as java.net.URI reads it): none of the characters that must be escaped, whole escapes.
    static func isURI(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        for (index, byte) in bytes.enumerated() {
            if byte <= 0x20 || byte == 0x7f || "\"<>\\^`{|}".utf8.contains(byte) { return false }
            if byte == UInt8(ascii: "%") {
                guard index + 2 < bytes.count, bytes[index + 1].isHexDigit, bytes[index + 2].isHexDigit else { return false }
            }
        }
        return !bytes.isEmpty
    }
}
