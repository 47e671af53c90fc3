package import MesosAPI
import SwiftProtobuf

/// Which agents a framework wants to be offered at all, role by role: what it would decline anyway isn't offered.
///
/// In each role it names groups; an agent is offered if all constraints of some group hold for it. A role that isn't named is not constrained.
/// Specified by Mesos 1.11 include/mesos/v1/scheduler/scheduler.proto (`OfferConstraints`). Unlike there, patterns are refused.
package struct OfferConstraints: Hashable, Sendable {
    /// The message, for those who look at the framework.
    package let bytes: [UInt8]
    /// In ascending order.
    package let roles: [String]
    /// The first thing that is wrong with them; nil if nothing is.
    let flaw: String?
    private let groups: [String: [Group]]

    struct Group: Hashable, Sendable {
        let constraints: [AttributeConstraint]

        func holds(for place: AgentPlace) -> Bool { constraints.allSatisfy { $0.holds(for: place) } }
    }

    package init(_ message: Mesos_V1_Scheduler_OfferConstraints) {
        var options = BinaryEncodingOptions()
        options.useDeterministicOrdering = true
        bytes = (try? message.serializedBytes(options: options)) ?? []
        roles = message.roleConstraints.keys.sorted()
        var groups: [String: [Group]] = [:]
        var flaw: String?
        for role in roles {
            let list = message.roleConstraints[role]?.groups ?? []
            do throws(ConstraintFlaw) {
                if list.isEmpty { throw .noGroups }
                groups[role] = try list.map { group throws(ConstraintFlaw) in
                    if group.attributeConstraints.isEmpty { throw .emptyGroup }
                    return Group(constraints: try group.attributeConstraints.map(AttributeConstraint.init))
                }
            } catch { flaw = flaw ?? "The constraints for role '\(role)' are invalid: \(error)" }
        }
        self.groups = groups
        self.flaw = flaw
    }

    /// The groups of a role; nil if it is not constrained.
    func groups(of role: String) -> [Group]? { groups[role] }
}

/// What constraints can be about.
package struct AgentPlace: Hashable, Sendable {
    package struct Attribute: Hashable, Sendable {
        package let name: String
        /// Nil: it is none of type TEXT.
        package let text: String?

        package init(name: String, text: String?) {
            self.name = name
            self.text = text
        }
    }

    package var hostname: String
    package var region: String?
    package var zone: String?
    package var attributes: [Attribute]

    package init(hostname: String = "", region: String? = nil, zone: String? = nil, attributes: [Attribute] = []) {
        self.hostname = hostname
        self.region = region
        self.zone = zone
        self.attributes = attributes
    }
}

/// What must hold for one attribute of an agent. Of several attributes of a name the first counts.
struct AttributeConstraint: Hashable, Sendable {
    enum Selector: Hashable, Sendable {
        case attribute(String)
        case hostname, region, zone
    }

    enum Predicate: Hashable, Sendable {
        case exists, notExists
        case equals(String)
        case notEquals(String)
    }

    let selector: Selector
    let predicate: Predicate

    init(_ message: Mesos_V1_Scheduler_AttributeConstraint) throws(ConstraintFlaw) {
        switch message.selector.selector {
        case .attributeName(let name): selector = .attribute(name)
        case .pseudoattributeType(.hostname): selector = .hostname
        case .pseudoattributeType(.region): selector = .region
        case .pseudoattributeType(.zone): selector = .zone
        case .pseudoattributeType(.unknown): throw .unknownPseudoattribute
        case nil: throw .noSelector
        }
        switch message.predicate.predicate {
        case .exists: predicate = .exists
        case .notExists: predicate = .notExists
        case .textEquals(let text): predicate = .equals(text.value)
        case .textNotEquals(let text): predicate = .notEquals(text.value)
        case .textMatches(let pattern): throw .pattern(pattern.regex)
        case .textNotMatches(let pattern): throw .pattern(pattern.regex)
        case nil: throw .noPredicate
        }
    }

    /// Comparisons hold for attributes that are no text.
    func holds(for place: AgentPlace) -> Bool {
        let found = attribute(of: place)
        switch predicate {
        case .exists: return found != nil
        case .notExists: return found == nil
        case .equals(let text): return found.map { $0.text.map { $0 == text } ?? true } ?? false
        case .notEquals(let text): return found.map { $0.text.map { $0 != text } ?? true } ?? true
        }
    }

    private func attribute(of place: AgentPlace) -> AgentPlace.Attribute? {
        switch selector {
        case .attribute(let name): place.attributes.first { $0.name == name }
        case .hostname: AgentPlace.Attribute(name: "", text: place.hostname)
        case .region: place.region.map { AgentPlace.Attribute(name: "", text: $0) }
        case .zone: place.zone.map { AgentPlace.Attribute(name: "", text: $0) }
        }
    }
}

/// What is wrong with a constraint.
enum ConstraintFlaw: Error, Hashable, Sendable, CustomStringConvertible {
    case noGroups
    case emptyGroup
    case noSelector
    case unknownPseudoattribute
    case noPredicate
    case pattern(String)

    var description: String {
        switch self {
        case .noGroups: "'groups' must not be empty"
        case .emptyGroup: "'attribute_constraints' of a group must not be empty"
        case .noSelector: "Exactly one of 'attribute_name' and 'pseudoattribute_type' must be set in a selector"
        case .unknownPseudoattribute: "Unknown pseudoattribute type"
        case .noPredicate: "Unknown predicate type"
        case .pattern(let regex): "Patterns are not supported by this master ('\(regex)')"
        }
    }
}
