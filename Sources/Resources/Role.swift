/// What is to know about the name of a role. A role is a path such as `eng/web`; each prefix that ends at a slash is an ancestor.
/// Specified by Mesos 1.11 docs/roles.md ("Invalid role names") and docs/hierarchical-roles.md.
package enum Role {
    /// The role of resources that are reserved for nobody.
    package static let unreserved = "*"

    /// Why a name is none of a role, or nil if it is one.
    package static func refusal(of name: String) -> RoleRefusal? {
        if name == unreserved { return nil }
        let bytes = name.utf8
        guard let first = bytes.first, let last = bytes.last else { return .empty }
        if first == UInt8(ascii: "/") { return .leadingSlash(name) }
        if last == UInt8(ascii: "/") { return .trailingSlash(name) }
        let components = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        if components.contains(where: \.isEmpty) { return .adjacentSlashes(name) }
        for component in components {
            let text = String(component) ?? ""
            if text == "." || text == ".." || text == unreserved { return .reservedComponent(name, text) }
            if component.first == UInt8(ascii: "-") { return .leadingDash(component: text) }
            if component.contains(where: isForbidden) { return .whitespace(component: text) }
        }
        return nil
    }

    /// Tab, line feed, vertical tab, form feed, carriage return, space, delete.
    private static func isForbidden(_ byte: UInt8) -> Bool { (0x09...0x0d).contains(byte) || byte == 0x20 || byte == 0x7f }

    /// Whether a role lies below another: `eng/web` below `eng`, but not `eng` below itself, nor `england` below `eng`.
    package static func isStrictSubrole(_ role: String, of ancestor: String) -> Bool {
        let (below, above) = (role.utf8, ancestor.utf8)
        guard below.count > above.count, below.starts(with: above) else { return false }
        return below[below.index(below.startIndex, offsetBy: above.count)] == UInt8(ascii: "/")
    }

    /// The ancestors of a role, the nearest first: `a/b` and `a` for `a/b/c`.
    package static func ancestors(of role: String) -> [String] {
        var ancestors: [String] = []
        var rest = role[...]
        while let slash = rest.utf8.lastIndex(of: UInt8(ascii: "/")) {
            rest = rest[..<slash]
            ancestors.append(String(rest))
        }
        return ancestors
    }
}

/// Why a name is none of a role. The description is the wire's text.
package enum RoleRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    case empty
    case leadingSlash(String)
    case trailingSlash(String)
    case adjacentSlashes(String)
    case reservedComponent(String, String)
    case leadingDash(component: String)
    case whitespace(component: String)

    package var description: String {
        switch self {
        case .empty: "Role names cannot be the empty string"
        case .leadingSlash(let role): "Role '\(role)' cannot start with a slash"
        case .trailingSlash(let role): "Role '\(role)' cannot end with a slash"
        case .adjacentSlashes(let role): "Role '\(role)' cannot contain two adjacent slashes"
        case .reservedComponent(let role, let component): "Role '\(role)' cannot include '\(component)' as a component"
        case .leadingDash(let component): "Role component '\(component)' is invalid because it starts with a dash"
        case .whitespace(let component): "Role component '\(component)' is invalid because it contains backspace or whitespace"
        }
    }
}
