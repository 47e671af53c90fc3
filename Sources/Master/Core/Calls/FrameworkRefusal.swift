import Machine
package import Resources

/// Why a framework may not subscribe, or change into what it says. The description is the text of the ERROR event.
/// Specified by what Mesos 1.11 says in the same cases.
package enum FrameworkRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    case roleOfMultiRole
    case rolesWithoutMultiRole
    case duplicateRoles([String])
    case invalidRoles([RoleRefusal])
    case invalidRole(RoleRefusal)
    case id(IDRefusal)
    case failoverTimeout(Double)
    case roleNotAllowed([String])
    case rootNotAllowed
    case suppressedNotSubscribed([String])
    case constraintsOfOtherRole(String)
    case constraints(String)
    case principalChanged
    case userChanged(from: String, to: String)
    case checkpointChanged(from: Bool, to: Bool)
    case removed
    case notAuthorized(roles: [String])
    case tooLarge(bytes: Int)
    case nulByte(field: String)

    package var description: String {
        switch self {
        case .roleOfMultiRole: "'FrameworkInfo.role' must not be set when the framework is MULTI_ROLE capable"
        case .rolesWithoutMultiRole: "'FrameworkInfo.roles' must not be set when the framework is not MULTI_ROLE capable"
        case .duplicateRoles(let roles): "'FrameworkInfo.roles' contains duplicate items: \(roles.joined(separator: ", "))"
        case .invalidRoles(let refusals):
            "'FrameworkInfo.roles' contains invalid role: \(refusals.map(\.description).joined(separator: "; "))"
        case .invalidRole(let refusal): "'FrameworkInfo.role' is not a valid role: \(refusal)"
        case .id(let refusal): "'FrameworkInfo.id' is invalid: \(refusal)"
        case .failoverTimeout(let seconds): "The framework failover_timeout (\(seconds)) is invalid"
        case .roleNotAllowed(let roles): "Roles {\(roles.joined(separator: ", "))} are not present in the master's --roles"
        case .rootNotAllowed: "User 'root' is not allowed to run frameworks without --root_submissions set"
        case .suppressedNotSubscribed(let roles): "Suppressed roles { \(roles.joined(separator: ", ")) } are not contained in the set of roles"
        // The missing blank is Mesos's.
        case .constraintsOfOtherRole(let role):
            "Offer constraints specify `role_constraints` for a role '\(role)'not contained in the set of roles"
        case .constraints(let text): "Offer constraints are not valid: \(text)"
        case .principalChanged: "Changing framework's principal is not allowed."
        case .userChanged(let old, let new):
            "Updating 'FrameworkInfo.user' is unsupported; attempted to update from '\(old)' to '\(new)'"
        case .checkpointChanged(let old, let new):
            "Updating 'FrameworkInfo.checkpoint' is unsupported; attempted to update from '\(old)' to '\(new)'"
        case .removed: "Framework has been removed"
        case .tooLarge(let bytes): "The FrameworkInfo has \(bytes) bytes; at most \(FrameworkSpec.limit) can be stored"
        case .nulByte(let field): "'FrameworkInfo.\(field)' contains a NUL byte"
        case .notAuthorized(let roles): "Not authorized to use roles '\(roles.joined(separator: "', '"))'"
        }
    }
}

extension FrameworkSpec {
    /// In bytes; it is stored whole at each change.
    static let limit = 4 << 20

    /// What is wrong with it in itself and by the master's configuration; nil if nothing is.
    func refusal(suppressed: [String], constraints: OfferConstraints?, settings: Kernel.Settings) -> FrameworkRefusal? {
        if info.count > Self.limit { return .tooLarge(bytes: info.count) }
        if user.utf8.contains(0) { return .nulByte(field: "user") }
        if name.utf8.contains(0) { return .nulByte(field: "name") }
        if has(.multiRole) {
            if hasRole { return .roleOfMultiRole }
            let duplicates = roles.duplicates
            if !duplicates.isEmpty { return .duplicateRoles(duplicates) }
            let refusals = roles.compactMap(Role.refusal(of:))
            if !refusals.isEmpty { return .invalidRoles(refusals) }
        } else {
            if hasRoles { return .rolesWithoutMultiRole }
            if let refusal = roles.first.flatMap(Role.refusal(of:)) { return .invalidRole(refusal) }
        }
        if let id, let refusal = IDRefusal(id) { return .id(refusal) }
        if !failoverSeconds.isFinite || failoverSeconds.magnitude >= 9_223_372_036 { return .failoverTimeout(failoverSeconds) }
        if let allowed = settings.roles {
            let others = roles.filter { !allowed.contains($0) && $0 != Role.unreserved }
            if !others.isEmpty { return .roleNotAllowed(others) }
        }
        if user == "root", !settings.allowsRoot { return .rootNotAllowed }
        let strangers = suppressed.filter { !roles.contains($0) }
        if !strangers.isEmpty { return .suppressedNotSubscribed(strangers) }
        guard let constraints else { return nil }
        if let role = constraints.roles.first(where: { !roles.contains($0) }) { return .constraintsOfOtherRole(role) }
        return constraints.flaw.map { .constraints($0) }
    }
}

extension [String] {
    /// Those that are there more than once, each once, in ascending order.
    var duplicates: [String] {
        let sorted = self.sorted()
        let repeated = zip(sorted, sorted.dropFirst()).filter { $0 == $1 }.map(\.0)
        return repeated.indices.filter { $0 == 0 || repeated[$0] != repeated[$0 - 1] }.map { repeated[$0] }
    }
}

/// Why a text can't be an id of a task, an executor, a framework. The description is the wire's text.
package enum IDRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    case empty
    case tooLong
    case dots(String)
    case invalidCharacters(String)

    package init?(_ id: String) {
        if id.isEmpty {
            self = .empty
        } else if id.utf8.count > 255 {
            self = .tooLong
        } else if id == "." || id == ".." {
            self = .dots(id)
        } else if id.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }) {
            self = .invalidCharacters(id)
        } else {
            return nil
        }
    }

    package var description: String {
        switch self {
        case .empty: "ID must not be empty"
        case .tooLong: "ID must not be greater than 255 characters"
        case .dots(let id): "'\(id)' is disallowed"
        case .invalidCharacters(let id): "'\(id)' contains invalid characters"
        }
    }
}
