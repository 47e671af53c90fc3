import AgoraAPI
import Machine
import MasterCore
import MesosAPI
import SwiftProtobuf
import Testing

/// Offer constraints, against an agent `host-1` with the attributes rack (text), level (scalar), and rack again, in zone z of region r.
struct ConstraintTests {
    private typealias Constraint = Mesos_V1_Scheduler_AttributeConstraint
    private typealias Constraints = Mesos_V1_Scheduler_OfferConstraints

    private static func constraint(_ change: (inout Constraint) -> Void) -> Constraint {
        .with {
            $0.selector = .init()
            $0.predicate = .init()
            change(&$0)
        }
    }

    private static func constraints(_ groups: [Constraint]..., role: String = "*") -> Constraints {
        .with {
            $0.roleConstraints[role] = .with { $0.groups = groups.map { group in .with { $0.attributeConstraints = group } } }
        }
    }

    private static func offers(_ constraints: Constraints) -> Int {
        var world = World({ $0.region = "r" })
        _ = world.agent {
            $0.agent.attributes = [
                text("rack", "r1"), text("rack", "r2"),
                .with {
                    $0.name = "level"; $0.type = .scalar; $0.scalar.value = 1
                }
            ]
            $0.agent.domain.faultDomain.region.name = "r"
            $0.agent.domain.faultDomain.zone.name = "z"
        }
        return world.subscribe(constraints: constraints).offers.count
    }

    private static func text(_ name: String, _ value: String) -> Mesos_V1_Attribute {
        .with {
            $0.name = name
            $0.type = .text
            $0.text.value = value
        }
    }

    private static let holding: [Constraint] = [
        constraint {
            $0.selector.attributeName = "rack"; $0.predicate.exists = .init()
        },
        constraint {
            $0.selector.attributeName = "row"; $0.predicate.notExists = .init()
        },
        constraint {
            $0.selector.attributeName = "rack"; $0.predicate.textEquals.value = "r1"
        },
        constraint {
            $0.selector.attributeName = "rack"; $0.predicate.textNotEquals.value = "r2"
        },
        constraint {
            $0.selector.attributeName = "row"; $0.predicate.textNotEquals.value = "1"
        },
        constraint {
            $0.selector.attributeName = "level"; $0.predicate.textEquals.value = "2"
        },
        constraint {
            $0.selector.attributeName = "level"; $0.predicate.textNotEquals.value = "1"
        },
        constraint {
            $0.selector.pseudoattributeType = .hostname; $0.predicate.textEquals.value = "host-1"
        },
        constraint {
            $0.selector.pseudoattributeType = .region; $0.predicate.textEquals.value = "r"
        },
        constraint {
            $0.selector.pseudoattributeType = .zone; $0.predicate.textEquals.value = "z"
        },
        constraint {
            $0.selector.pseudoattributeType = .zone; $0.predicate.exists = .init()
        }
    ]

    private static let failing: [Constraint] = [
        constraint {
            $0.selector.attributeName = "rack"; $0.predicate.notExists = .init()
        },
        constraint {
            $0.selector.attributeName = "row"; $0.predicate.exists = .init()
        },
        constraint {
            $0.selector.attributeName = "rack"; $0.predicate.textEquals.value = "r2"
        },
        constraint {
            $0.selector.attributeName = "rack"; $0.predicate.textNotEquals.value = "r1"
        },
        constraint {
            $0.selector.attributeName = "row"; $0.predicate.textEquals.value = "1"
        },
        constraint {
            $0.selector.pseudoattributeType = .hostname; $0.predicate.textNotEquals.value = "host-1"
        },
        constraint {
            $0.selector.pseudoattributeType = .region; $0.predicate.textEquals.value = "R"
        }
    ]

    @Test func `each predicate, of attributes and pseudoattributes, holds or not`() {
        for constraint in Self.holding { #expect(Self.offers(Self.constraints([constraint])) == 1, "\(constraint)") }
        for constraint in Self.failing { #expect(Self.offers(Self.constraints([constraint])) == 0, "\(constraint)") }
    }

    @Test func `all of a group must hold, and some group`() {
        let (yes, no) = (Self.holding[0], Self.failing[0])
        #expect(Self.offers(Self.constraints([yes, no])) == 0)
        #expect(Self.offers(Self.constraints([yes, no], [yes, yes])) == 1)
        #expect(Self.offers(Constraints()) == 1, "a role that isn't named is not constrained")
    }

    @Test(arguments: [
        ("Offer constraints specify `role_constraints` for a role 'x'not contained in the set of roles", constraints([holding[0]], role: "x")),
        ("Offer constraints are not valid: The constraints for role '*' are invalid: 'groups' must not be empty", constraints()),
        (
            "Offer constraints are not valid: The constraints for role '*' are invalid: 'attribute_constraints' of a group must not be empty",
            constraints([])
        ),
        (
            "Offer constraints are not valid: The constraints for role '*' are invalid: "
                + "Exactly one of 'attribute_name' and 'pseudoattribute_type' must be set in a selector",
            constraints([constraint { $0.predicate.exists = .init() }])
        ),
        (
            "Offer constraints are not valid: The constraints for role '*' are invalid: Unknown pseudoattribute type",
            constraints([constraint { $0.selector.pseudoattributeType = .unknown }])
        ),
        (
            "Offer constraints are not valid: The constraints for role '*' are invalid: Unknown predicate type",
            constraints([constraint { $0.selector.attributeName = "rack" }])
        ),
        (
            "Offer constraints are not valid: The constraints for role '*' are invalid: Patterns are not supported by this master ('r.*')",
            constraints([
                constraint {
                    $0.selector.attributeName = "rack"; $0.predicate.textMatches.regex = "r.*"
                }
            ])
        )
    ])
    func `constraints that are wrong are refused, at SUBSCRIBE and at UPDATE_FRAMEWORK`(
        text: String, constraints: Mesos_V1_Scheduler_OfferConstraints
    ) {
        var world = World.ready()
        #expect(world.subscribe(stream: 2, constraints: constraints).errors == [text])
        let update = world.call {
            $0.type = .updateFramework
            $0.updateFramework.frameworkInfo = .framework(id: "M-0000")
            $0.updateFramework.offerConstraints = constraints
        }
        guard case .refused(let refusal) = update.answers.first else { Issue.record("it was taken"); return }
        #expect(refusal.description == "'UpdateFramework' call is not valid: \(text)")
    }

    @Test func `UPDATE_FRAMEWORK and each SUBSCRIBE replace the constraints, and explain names them`() {
        var world = World()
        _ = world.agent { $0.agent.attributes = [Self.text("rack", "r1")] }
        #expect(world.subscribe(constraints: Self.constraints([Self.failing[0]])).offers == [])
        let reasons = world.kernel.explain("M-0000", at: Moment(monotonic: 0, wall: 0))?.first?.now
        #expect(reasons?[.constraints] == 1)
        func update(_ constraints: Constraints?) -> [Kernel.Effect] {
            world.call {
                $0.type = .updateFramework
                $0.updateFramework.frameworkInfo = .framework(id: "M-0000")
                if let constraints { $0.updateFramework.offerConstraints = constraints }
            }
        }
        #expect(update(nil).offers == ["M-O0: cpus:4; mem:4096"])
        _ = update(Self.constraints([Self.failing[0]]))
        #expect(world.decline(["M-O0"], refuse: 0).offers == [])
        #expect(world.subscribe(stream: 2, id: "M-0000").offers == ["M-O1: cpus:4; mem:4096"])
    }

    @Test func `an agent that comes back with other attributes is judged anew`() {
        var world = World()
        _ = world.subscribe(constraints: Self.constraints([Self.holding[0]]))
        #expect(world.agent().offers == [])
        #expect(world.agent(link: 2, id: "M-S0", { $0.agent.attributes = [Self.text("rack", "r1")] }).offers == ["M-O0: cpus:4; mem:4096"])
    }
}
