import FrameworkCore
import Testing

@testable import ServicesCore

struct ModelConstraintTests {
    private func matcher(_ words: [String]) throws -> ConstraintMatcher { ConstraintMatcher(try Constraint.parse(words).get()) }

    @Test(
        arguments: [
            // words, offered, placed, instances, taken
            (["hostname", "UNIQUE"], "a", [], 2, true),
            (["hostname", "UNIQUE"], "a", ["b", nil], 2, true),
            (["hostname", "UNIQUE"], "a", ["b", "a"], 2, false),
            (["rack", "CLUSTER", "r1"], "r1", ["r2"], 2, true),
            (["rack", "CLUSTER", "r1"], "r2", [], 2, false),
            (["rack", "CLUSTER"], "r2", [], 2, true),
            (["rack", "CLUSTER"], "r2", ["r2", "r1"], 2, true),
            (["rack", "CLUSTER"], "r2", ["r1", "r2"], 2, false),
            (["rack", "CLUSTER"], "r2", [nil], 2, false),
            (["rack", "GROUP_BY", "3"], "r1", [], 5, true),
            (["rack", "GROUP_BY", "3"], "r1", ["r1"], 5, true),
            (["rack", "GROUP_BY", "3"], "r1", ["r1", "r1"], 5, false),
            (["rack", "GROUP_BY", "3"], "r1", ["r1", "r2", "r2"], 5, true),
            (["rack", "GROUP_BY", "3"], "r3", ["r1", "r1", "r2", "r2", "r3"], 5, false),
            (["rack", "GROUP_BY", "3"], "r4", ["r1", "r2", "r3"], 5, false),
            (["rack", "GROUP_BY", "2"], "r2", ["r1", "r1"], 4, true),
            (["rack", "GROUP_BY", "3"], "r2", ["r1"], 2, true),
            (["rack", "GROUP_BY", "3"], "r1", ["r1"], 2, false),
            (["rack", "GROUP_BY"], "r1", [], 5, true),
            (["rack", "GROUP_BY"], "r2", ["r1", "r1"], 5, true),
            (["rack", "GROUP_BY"], "r1", ["r1", "r1", "r2"], 5, false),
            (["rack", "GROUP_BY"], "r2", ["r1", "r1", "r2"], 5, true),
            (["rack", "GROUP_BY"], "r1", ["r1", "r2"], 5, true),
            (["rack", "GROUP_BY", "0"], "r1", ["r1"], 5, true),
            (["rack", "LIKE", "r[1-3]"], "r3", [], 1, true),
            (["rack", "LIKE", "r[1-3]"], "r33", [], 1, false),
            (["rack", "UNLIKE", "r[1-3]"], "r3", [], 1, false),
            (["rack", "UNLIKE", "r[1-3]"], "r4", [], 1, true),
            (["rack", "MAX_PER", "2"], "r1", ["r1", "r2", "r2"], 4, true),
            (["rack", "MAX_PER", "2"], "r2", ["r1", "r2", "r2"], 4, false),
            (["rack", "MAX_PER", "0"], "r2", [], 4, false),
            (["rack", "IS", "r1"], "r1", [], 1, true),
            (["rack", "IS", "r1"], "r2", [], 1, false),
            (["cores", "IS", "4.0"], "4", [], 1, true),
            (["cores", "IS", "4.5004"], "4.5", [], 1, true),
            (["cores", "IS", "4."], "4", [], 1, false),
            (["rack", "IS"], "", [], 1, true)
        ] as [([String], String, [String?], Int, Bool)])
    func `each operator takes and refuses offers`(words: [String], offered: String, placed: [String?], instances: Int, isTaken: Bool) throws {
        let refusal = try matcher(words).refusal(offered: offered, placed: placed, instances: instances)
        #expect((refusal == nil) == isTaken)
    }

    @Test(
        arguments: [
            // placed, rivals, full, taken
            (["r1"], ["r1", "r2"], [], false), (["r1", "r2"], ["r1", "r2"], [], true), (["r1"], ["r1", nil], ["r2"], true),
            (["r1", "r1", "r2"], ["r1"], ["r2"], true), (["r1", "r1", "r2"], ["r1", "r2"], ["r2"], false), ([], ["r2"], ["r1"], true)
        ] as [([String?], [String?], [String?], Bool)])
    func `values that others offer count, those of full agents don't`(placed: [String?], rivals: [String?], full: [String?], isTaken: Bool) throws {
        let refusal = try matcher(["rack", "GROUP_BY"]).refusal(offered: "r1", placed: placed, instances: 9, rivals: rivals, full: full)
        #expect((refusal == nil) == isTaken)
    }

    @Test(arguments: Constraint.Operator.allCases)
    func `an agent without the attribute fits UNLIKE alone`(comparison: Constraint.Operator) throws {
        let value: [String] = [.unique, .groupBy].contains(comparison) ? [] : [comparison == .maxPer ? "2" : "x"]
        let refusal = try matcher(["rack", comparison.rawValue] + value).refusal(offered: nil, placed: [], instances: 1)
        #expect((refusal == nil) == (comparison == .unlike))
    }

    @Test func `refusals say why`() throws {
        let rows: [([String], String?, [String?], String)] = [
            (["rack", "UNIQUE"], nil, [], "rack UNIQUE: the agent has no rack"),
            (["rack", "UNIQUE"], "r1", ["r1"], "rack UNIQUE: an instance runs on r1 already"),
            (["rack", "CLUSTER"], "r1", ["r2"], "rack CLUSTER: r1 is not r2"),
            (["rack", "IS", "r2"], "r1", [], "rack IS r2: r1 is not r2"),
            (["rack", "LIKE", "a"], "r1", [], "rack LIKE a: r1 doesn't match"),
            (["rack", "UNLIKE", "r."], "r1", [], "rack UNLIKE r.: r1 matches"),
            (["rack", "GROUP_BY", "1"], "r1", ["r1", "r1", "r1"], "rack GROUP_BY 1: r1 has its share of 3"),
            (["rack", "GROUP_BY", "1"], "r2", ["r1"], "rack GROUP_BY 1: r2 would be one more than 1 groups"),
            (["rack", "MAX_PER", "1"], "r1", ["r1"], "rack MAX_PER 1: 1 run on r1")
        ]
        for (words, offered, placed, text) in rows {
            #expect(try matcher(words).refusal(offered: offered, placed: placed, instances: 3)?.description == text)
        }
    }

    @Test(
        arguments: [
            ("hostname", .hostname), ("@hostname", .hostname), ("@region", .region), ("@zone", .zone), ("zone", .attribute("zone"))
        ] as [(String, Constraint.Field)])
    func `fields are hostname, fault domain or attribute`(name: String, field: Constraint.Field) throws {
        #expect(try Constraint.parse([name, "UNIQUE"]).get().field == field)
    }

    @Test func `only constraints on fault domains allow remote regions`() throws {
        #expect(try [Constraint.parse(["@zone", "UNIQUE"]).get()].allowsRemoteRegions)
        #expect(try [Constraint.parse(["@region", "IS", "eu"]).get()].allowsRemoteRegions)
        #expect(try ![Constraint.parse(["zone", "UNIQUE"]).get()].allowsRemoteRegions)
    }

    @Test(
        arguments: [
            (.text("x y"), "x y"), (.scalar(4), "4"), (.scalar(4.5), "4.5"), (.scalar(0.125), "0.125"), (.scalar(1.0005), "1"),
            (.scalar(1.00051), "1.001"), (.scalar(1.1005), "1.101"), (.scalar(-2.25), "-2.25"), (.scalar(0.0625), "0.062"),
            (.scalar(1e300), "1e+300"),
            (.scalar(.nan), "nan"), (.ranges([10...20, 1...5]), "[1-5,10-20]"), (.ranges([]), "[]"), (.set(["b", "a"]), "{a,b}")
        ] as [(AttributeValue, String)])
    func `attributes are compared as texts`(value: AttributeValue, text: String) {
        #expect(value.text == text)
    }
}
