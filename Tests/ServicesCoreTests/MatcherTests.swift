import FrameworkCore
import Machine
import MesosAPI
import Resources
import Testing

@testable import ServicesCore

struct MatcherTests {
    private let agent = Agent(id: "s", host: "h")

    private func take(_ json: String, _ resources: [Mesos_V1_Resource], roles: [String] = ["*"]) -> Result<Match, Matcher.Shortage> {
        let app = Builders.definition(json)
        var offered = OfferedResources(resources)
        var random = SplitMix(seed: 1)
        return Matcher(Definition(app), constraints: [], roles: roles).take(from: &offered, using: &random)
    }

    private func refusals(_ result: Result<Match, Matcher.Shortage>) -> [OfferRefusal] {
        if case .failure(let shortage) = result { shortage.refusals } else { [] }
    }

    @Test func `all that is missing is named, with how much`() {
        let result = take(
            #"{"id":"/a","cmd":"sleep 1","cpus":2.5,"mem":128,"disk":10}"#,
            [Builders.scalar("cpus", 1.5), Builders.scalar("mem", 100), Builders.ports([])])
        #expect(
            refusals(result) == [
                .insufficient(.cpus, wanted: Scalar(thousandths: 2_500), offered: Scalar(thousandths: 1_500)),
                .insufficient(.memory, wanted: 128, offered: 100), .insufficient(.disk, wanted: 10, offered: .zero),
                .tooFewPorts(wanted: 1, offered: 0)
            ])
    }

    @Test func `exactly enough is enough`() throws {
        let match = try take(
            #"{"id":"/a","cmd":"sleep 1","cpus":0.3,"mem":128,"portDefinitions":[]}"#,
            [Builders.scalar("cpus", 0.1 + 0.2), Builders.scalar("mem", 128)]
        ).get()
        #expect(match.resources.map(\.scalar.value) == [0.3, 128])
        #expect(match.hostPorts.isEmpty)
    }

    @Test func `what is reserved for the app's role is used before what is nobody's, and never what is another's`() throws {
        let resources = [
            Builders.scalar("cpus", 1), Builders.scalar("cpus", 1, role: "web"), Builders.scalar("cpus", 8, role: "db"),
            Builders.scalar("mem", 128)
        ]
        let json = #"{"id":"/a","cmd":"sleep 1","cpus":1.5,"mem":128,"portDefinitions":[]}"#
        let match = try take(json, resources, roles: ["web", "*"]).get()
        #expect(match.resources.filter { $0.name == "cpus" }.map { $0.reservations.last?.role } == ["web", nil])
        #expect(match.resources.filter { $0.name == "cpus" }.map(\.scalar.value) == [1, 0.5])
        #expect(
            refusals(take(json, resources, roles: ["*"])) == [
                .insufficient(.cpus, wanted: Scalar(thousandths: 1_500), offered: 1)
            ])
    }

    @Test func `volumes, revocable and shared resources are left alone`() {
        var revocable = Builders.scalar("cpus", 4)
        revocable.revocable = .init()
        var volume = Builders.scalar("disk", 100)
        volume.disk.persistence.id = "v"
        let result = take(
            #"{"id":"/a","cmd":"sleep 1","cpus":1,"mem":1,"disk":1,"portDefinitions":[]}"#, [revocable, volume, Builders.scalar("mem", 1)])
        #expect(
            refusals(result) == [
                .insufficient(.cpus, wanted: 1, offered: .zero), .insufficient(.disk, wanted: 1, offered: .zero)
            ])
    }

    @Test func `a required port must be offered`() throws {
        let json = #"{"id":"/a","cmd":"sleep 1","cpus":1,"mem":1,"requirePorts":true,"portDefinitions":[{"port":80},{"port":0}]}"#
        let base = [Builders.scalar("cpus", 1), Builders.scalar("mem", 1)]
        #expect(refusals(take(json, base + [Builders.ports([31_000, 31_001])])) == [.portTaken(80)])
        let match = try take(json, base + [Builders.ports([80, 31_000])]).get()
        #expect(match.hostPorts == [80, 31_000])
        #expect(refusals(take(json, base + [Builders.ports([80])])) == [.tooFewPorts(wanted: 2, offered: 1)])
    }

    @Test func `an offer for another role is refused before anything else`() {
        let matcher = Matcher(Definition(Builders.definition(#"{"id":"/a","cmd":"sleep 1"}"#)), constraints: [], roles: ["*"])
        #expect(matcher.refusals(by: agent, .init(role: "web"), placed: []) == [.role(offered: "web", wanted: "*")])
        #expect(matcher.refusals(by: agent, .init(role: "*"), placed: []).isEmpty)
    }

    @Test func `the funnel counts each offer at its first failing stage`() {
        var funnel = OfferFunnel()
        let summary = OfferSummary(id: "o", resources: [])
        let at = Timestamp(milliseconds: 1)
        funnel.refused(by: agent, summary, [.insufficient(.memory, wanted: 2, offered: 1), .insufficient(.cpus, wanted: 2, offered: 1)], at: at)
        funnel.refused(by: agent, summary, [.role(offered: "x", wanted: "*")], at: at)
        funnel.used(agent: Agent(id: "t", host: "h"), at: at)
        #expect(funnel.attemptRows.map(\.declined) == [1, 0, 0, 0, 1, 0, 0, 0, 0, 0])
        #expect(funnel.attemptRows.map(\.processed) == [3, 2, 2, 2, 2, 1, 1, 1, 1, 1])
        // Only the newest offer of the agent counts here.
        #expect(funnel.lastOfferRows.map(\.declined) == [1, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        #expect(funnel.unused == 2)
    }
}
