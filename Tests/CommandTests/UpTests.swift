import Testing

@testable import agora

struct UpTests {
    @Test func `one agent takes what it finds, under the address that all listen on`() {
        let layout = Layout(count: 1, ip: "127.0.0.1", firstPort: 5051, machine: .init(cpus: 2, memory: 1_000, disk: 1_000), resources: nil)
        #expect(layout.agents == [.init(name: "agent", hostname: "127.0.0.1", port: 5051, resources: nil)])
    }

    @Test(arguments: [1, 2, 3, 7, 64])
    func `several agents share the machine: own names, disjoint ports, together no more than there is`(count: Int) throws {
        let layout = Layout(count: count, ip: "127.0.0.1", firstPort: 6000, machine: .init(cpus: 2, memory: 1_000, disk: 900), resources: nil)
        #expect(Set(layout.agents.map(\.hostname)).count == count && Set(layout.agents.map(\.port)).count == count)
        guard count > 1 else { return }
        var ports: [ClosedRange<Int>] = []
        var cpus = 0.0
        for agent in layout.agents {
            let parts = try #require(agent.resources).split(separator: ";").map { $0.split(separator: ":").map(String.init) }
            cpus += try #require(Double(parts[0][1]))
            let range = parts[3][1].dropFirst().dropLast().split(separator: "-").compactMap { Int($0) }
            ports.append(range[0]...range[1])
        }
        #expect(cpus <= 2 && cpus > 2 - 0.001 * Double(count))
        for (left, right) in zip(ports, ports.dropFirst()) { #expect(left.upperBound < right.lowerBound) }
        #expect(ports.allSatisfy { $0.lowerBound >= 31_000 && $0.upperBound <= 32_000 })
    }

    @Test func `a child that keeps dying is started later each time, one that ran well at once`() {
        var policy = RestartPolicy()
        #expect((0..<9).map { _ in policy.delay(afterRunOf: 10) } == [0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000])
        #expect(policy.delay(afterRunOf: 10) == 10_000)
        #expect(policy.delay(afterRunOf: RestartPolicy.goodRun) == 0)
        #expect(policy.delay(afterRunOf: 10) == 100)
    }

    @Test(
        arguments: [
            ("10secs", 10.0), ("1.5mins", 90), ("7days", 604_800), ("2weeks", 1_209_600), ("500ms", 0.5), ("0secs", 0), ("10", nil), ("secs", nil),
            ("-1secs", nil), ("1e308weeks", nil), ("nansecs", nil), ("1 day", nil)
        ] as [(String, Double?)])
    func `a length of time is read as Mesos's flags write it`(text: String, seconds: Double?) {
        #expect(TimeSpan(argument: text)?.seconds == seconds)
    }

    @Test func `a length of time is written in its greatest whole unit`() {
        #expect([604_800, 86_400, 90, 0.5, 0].map { TimeSpan(seconds: $0).description } == ["1weeks", "1days", "90secs", "500ms", "0secs"])
    }

    @Test func `a cluster that isn't where commands look is exported before they are`() {
        let standard = ["http://127.0.0.1:5050", "http://127.0.0.1:8080", "http://127.0.0.1:4400"]
        let own = ["http://127.0.0.1:5050", "http://127.0.0.1:9090", "http://127.0.0.1:4400"]
        let line = "export AGORA_MASTER=http://127.0.0.1:5050 AGORA_SERVICES=http://127.0.0.1:9090 AGORA_BATCH=http://127.0.0.1:4400"
        #expect(Welcome.exports(standard, known: standard) == nil)
        #expect(Welcome.exports(own, known: standard) == line && Welcome.exports(own, known: own) == line)
        #expect(Welcome.exports(standard, known: own) != nil)
    }

    @Test func `a table is as wide as its widest cells, numbers to the right`() {
        var table = TextTable("NAME", "COUNT", "NOTE")
        table.add("a", "1", "")
        table.add("bcdefg", "1000", "x")
        #expect(table.text(empty: "none") == "NAME    COUNT  NOTE\na           1\nbcdefg   1000  x")
        #expect(TextTable("A").text(empty: "none") == "none")
    }
}
