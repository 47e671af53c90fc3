import FrameworkCore

/// The absolute id of an app, pod or group: `/prod/web`. The root group's id is `/`.
///
/// A value may break the syntax of ids, since any text can be asked for; `violations(under:)` says what is wrong with it.
/// Specified by Marathon 1.11 docs/application-groups.md.
package struct PathID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// What stands between the slashes, outermost group first; never empty, `.` or `..`.
    package let segments: [String]

    package static let root = PathID(segments: [])

    private init(segments: [String]) { self.segments = segments }

    /// Resolves a text as Marathon does: empty segments vanish, `.` and `..` are followed, `..` at the root stays there.
    /// A text that doesn't begin with a slash is relative to `base`.
    package init(_ text: String, in base: PathID = .root) {
        var segments = text.utf8.first == UInt8(ascii: "/") ? [] : base.segments
        for part in text.utf8.split(separator: UInt8(ascii: "/")) {
            switch String(decoding: part, as: UTF8.self) {
            case ".": break
            case "..": _ = segments.popLast()
            case let segment: segments.append(segment)
            }
        }
        self.segments = segments
    }

    package var isRoot: Bool { segments.isEmpty }

    /// Whether this is directly below the root group.
    package var isTopLevel: Bool { segments.count == 1 }

    /// The enclosing group; the root's is the root.
    package var parent: PathID { PathID(segments: Array(segments.dropLast())) }

    /// The outermost group or, for what stands directly below the root, the id itself; the root's is the root.
    package var topLevel: PathID { PathID(segments: Array(segments.prefix(1))) }

    package func appending(_ segment: String) -> PathID { PathID(segments: segments + [segment]) }

    /// Whether this is `group` itself or lies anywhere below it.
    package func isWithin(_ group: PathID) -> Bool { segments.starts(with: group.segments) }

    package var description: String { "/" + segments.joined(separator: "/") }

    /// Segment by segment, so that a group and what it holds stand together.
    package static func < (left: PathID, right: PathID) -> Bool { left.segments.lexicographicallyPrecedes(right.segments) }
}

// MARK: - Other spellings

extension PathID {
    /// The id in instance and task ids: `/prod/web` is `prod_web`. Unambiguous, since no valid segment has an underscore.
    package var safePath: String { segments.joined(separator: "_") }

    package init(safePath: some StringProtocol) {
        segments = safePath.utf8.split(separator: UInt8(ascii: "_")).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The name of the Mesos tasks and of their DiscoveryInfo: `/a/b/c` is `c.b.a`.
    package var taskName: String { segments.reversed().joined(separator: ".") }
}

// MARK: - Syntax

extension PathID {
    private static let syntax = #"^(([a-z0-9]|[a-z0-9][a-z0-9\-]*[a-z0-9])\.)*([a-z0-9]|[a-z0-9][a-z0-9\-]*[a-z0-9])|(\.|\.\.)$"#
    /// Ids of tasks begin with that of their app, and add up to 62 characters to it; Mesos takes no id of more than 255.
    private static let longest = 190
    /// They name resources below an id in the REST API.
    private static let reserved = ["restart", "tasks", "versions", ".", ".."]

    /// What is wrong with this as the id of an app or pod, in Marathon's words; empty if nothing is.
    /// - Parameter group: where the id must be a direct child of a group, as inside group updates.
    package func violations(under group: PathID? = nil) -> [String] {
        var violations = syntaxViolations
        if let group, parent != group { violations.append("Identifier is not child of '\(group)'") }
        if isRoot { violations.append("Path must contain at least one path element") }
        return violations
    }

    /// What is wrong with this as the id of anything, the root included.
    package var syntaxViolations: [String] {
        var violations: [String] = []
        if !segments.allSatisfy(Self.isSegment) { violations.append("must fully match regular expression '\(Self.syntax)'") }
        if let last = segments.last, Self.reserved.contains(last) {
            violations.append("must not end with any of the following reserved keywords: \(Self.reserved.joined(separator: ", "))")
        }
        if safePath.utf8.count > Self.longest {
            violations.append("must not have more than \(Self.longest) characters, since ids of tasks begin with it")
        }
        return violations
    }

    /// Words of small letters, digits and inner hyphens, joined by single dots.
    private static func isSegment(_ segment: String) -> Bool {
        segment.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { word in
            guard let first = word.first, let last = word.last else { return false }
            return first.isLowerAlphanumeric && last.isLowerAlphanumeric
                && word.allSatisfy { $0.isLowerAlphanumeric || $0 == UInt8(ascii: "-") }
        }
    }
}
