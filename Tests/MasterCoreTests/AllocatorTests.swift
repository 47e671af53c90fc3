import Machine
import MasterCore
import MesosAPI
import Resources
import Testing

/// An allocator, with keys for frameworks and agents as the kernel's tables give them.
struct Bench {
    var allocator: Allocator
    private var keys: (frameworks: Table<Framework>, agents: Table<Agent>) = (Table(), Table())
    private(set) var frameworks: [FrameworkKey] = []
    private(set) var agents: [AgentKey] = []

    init(_ change: (inout Allocator.Settings) -> Void = { _ in }) {
        var settings = Allocator.Settings()
        change(&settings)
        allocator = Allocator(settings: settings)
    }

    mutating func framework(_ roles: String..., capabilities: FrameworkCapabilities = [.multiRole], suppressed: [String] = []) {
        let spec = FrameworkSpec(.framework { $0.name = "f" }, bytes: [])
        let name = "f\(frameworks.count)"
        let key = keys.frameworks.insert(Framework(id: name, spec: spec, state: .completed, registered: 0, reregistered: 0))
        frameworks.append(key)
        allocator.addFramework(key, name: name)
        var traits = Allocator.Traits()
        traits.capabilities = capabilities
        allocator.updateFramework(key.index, roles: roles, suppressed: suppressed, traits: traits)
        allocator.setActive(true, framework: key.index)
    }

    mutating func agent(_ total: Resources, region: String? = nil) {
        guard let spec = try? AgentSpec(Mesos_V1_AgentInfo(), id: "a", ip: "") else { return }
        let agent = Agent(
            id: "a", spec: spec, state: .recovered(until: 0), base: total, total: total, checkpointed: Resources(), resourcesVersion: 0,
            registered: 0)
        let key = keys.agents.insert(agent)
        agents.append(key)
        allocator.addAgent(key, total: total, place: AgentPlace(region: region))
    }

    /// `framework role agent resources` of each grant.
    mutating func run(at seconds: Int64 = 0) -> [String] {
        allocator.expireFilters(seconds * .second)
        let grants = allocator.run(at: seconds * .second)
        allocator.checkInvariants()
        return grants.map { grant in
            let (framework, agent) = (frameworks.firstIndex(of: grant.framework) ?? -1, agents.firstIndex(of: grant.agent) ?? -1)
            return "\(framework) \(grant.role) \(agent) \(grant.resources)"
        }
    }

    mutating func release(_ framework: Int, _ role: String, _ agent: Int, _ resources: Resources) {
        allocator.release(frameworks[framework].index, role: role, agent: agents[agent].index, resources: resources)
        allocator.checkInvariants()
    }
}

extension Resources {
    init(cpus: Int64, mem: Int64) {
        self.init([.scalar("cpus", Scalar(thousandths: cpus * 1000)), .scalar("mem", Scalar(thousandths: mem * 1000))])
    }
}

struct AllocatorTests {
    private let half = Resources(cpus: 2, mem: 200)
    private let whole = Resources(cpus: 4, mem: 400)

    @Test func `agents go to the framework with the least dominant share, one after the other`() {
        var bench = Bench()
        bench.framework("*")
        bench.framework("*")
        for _ in 0..<4 { bench.agent(whole) }
        #expect(
            bench.run() == [
                "0 * 0 cpus:4; mem:400", "1 * 1 cpus:4; mem:400", "0 * 2 cpus:4; mem:400", "1 * 3 cpus:4; mem:400"
            ])
        #expect(bench.run() == [], "nothing has changed")
    }

    @Test func `the dominant share is that of the resource of which most is held`() {
        var bench = Bench()
        bench.framework("*")
        bench.framework("*")
        bench.agent(Resources(cpus: 9, mem: 100))
        #expect(bench.run() == ["0 * 0 cpus:9; mem:100"])
        bench.agent(Resources(cpus: 1, mem: 900))
        #expect(bench.run() == ["1 * 1 cpus:1; mem:900"])
        // 0 holds 9/10 of the CPUs and 1 holds 9/10 of the memory; a little of each is freed.
        bench.release(0, "*", 0, Resources(cpus: 3, mem: 32))
        #expect(bench.run() == ["0 * 0 cpus:3; mem:32"])
        bench.release(1, "*", 1, Resources(cpus: 1, mem: 400))
        #expect(bench.run() == ["1 * 1 cpus:1; mem:400"])
    }

    @Test func `excluded names don't count for fairness`() {
        var bench = Bench { $0.excludedNames = ["mem"] }
        bench.framework("*")
        bench.framework("*")
        bench.agent(Resources(cpus: 1, mem: 900))
        bench.agent(Resources(cpus: 2, mem: 10))
        bench.agent(Resources(cpus: 2, mem: 10))
        #expect(bench.run() == ["0 * 0 cpus:1; mem:900", "1 * 1 cpus:2; mem:10", "0 * 2 cpus:2; mem:10"])
    }

    @Test func `weights divide the shares of roles`() {
        var bench = Bench()
        bench.allocator.setWeight(3000, role: "big")
        bench.framework("big")
        bench.framework("small")
        for _ in 0..<8 { bench.agent(whole) }
        let counts = bench.run().reduce(into: [0, 0]) { $0[$1.hasPrefix("0") ? 0 : 1] += 1 }
        #expect(counts == [6, 2])
    }

    @Test func `roles are a tree: siblings share what their parent gets`() {
        var bench = Bench()
        bench.framework("a/x")
        bench.framework("a/y")
        bench.framework("b")
        for _ in 0..<8 { bench.agent(whole) }
        let counts = bench.run().reduce(into: [0, 0, 0]) { $0[Int(String($1.prefix(1))) ?? 0] += 1 }
        #expect(counts == [2, 2, 4])
    }

    @Test func `frameworks of a role itself compete with the roles below it as one of them`() {
        var bench = Bench()
        bench.framework("a")
        bench.framework("a/x")
        bench.framework("a/y")
        for _ in 0..<6 { bench.agent(whole) }
        let counts = bench.run().reduce(into: [0, 0, 0]) { $0[Int(String($1.prefix(1))) ?? 0] += 1 }
        #expect(counts == [2, 2, 2])
    }

    @Test func `what is left of an agent goes on to the next who may have it`() {
        var bench = Bench()
        bench.framework("a")
        bench.framework("b")
        let reserved = Resources([.scalar("cpus", 8, on: Terms(reservations: [Reservation(.static, role: "b")]))])
        bench.agent(whole + reserved)
        #expect(bench.run() == ["0 a 0 cpus:4; mem:400", "1 b 0 cpus(reservations: [(STATIC,b)]):8"])
    }

    @Test func `a filter holds for what it contains, in its role, until it expires`() {
        var bench = Bench()
        bench.framework("a", "b")
        bench.agent(whole)
        #expect(bench.run() == ["0 a 0 cpus:4; mem:400"])
        bench.allocator.refuse(bench.frameworks[0].index, role: "a", agent: bench.agents[0].index, resources: whole, until: 5 * .second)
        bench.release(0, "a", 0, whole)
        #expect(bench.run() == ["0 b 0 cpus:4; mem:400"], "the other role has no filter")
        bench.release(0, "b", 0, half)
        #expect(bench.run() == ["0 b 0 cpus:2; mem:200"])
        bench.allocator.suppress(bench.frameworks[0].index, roles: ["b"])
        bench.release(0, "b", 0, half)
        #expect(bench.run(at: 4) == [])
        #expect(bench.run(at: 5) == ["0 a 0 cpus:2; mem:200"])
        #expect(bench.allocator.nextExpiry == nil)
    }

    @Test func `an agent that has changed is offered anew, whatever was declined`() {
        var bench = Bench()
        bench.framework("a")
        bench.agent(whole)
        _ = bench.run()
        bench.allocator.refuse(bench.frameworks[0].index, role: "a", agent: bench.agents[0].index, resources: whole, until: 500 * .second)
        bench.release(0, "a", 0, whole)
        #expect(bench.run() == [])
        bench.allocator.updateAgent(bench.agents[0].index, total: half)
        #expect(bench.run() == ["0 a 0 cpus:2; mem:200"])
    }

    @Test func `revocable, shared and refined resources go only to who knows them`() {
        let volume = Resource(
            "disk", .scalar(10), reservations: [Reservation(.dynamic, role: "a")],
            disk: Disk(persistence: Disk.Persistence(id: "v"), volume: Disk.Volume(containerPath: "p")), isShared: true)
        let revocable = Resource("cpus", .scalar(3), isRevocable: true)
        let refined = Resource("mem", .scalar(50), reservations: [Reservation(.static, role: "a"), Reservation(.dynamic, role: "a/b")])
        func grants(_ capabilities: FrameworkCapabilities) -> [String] {
            var bench = Bench()
            bench.framework("a/b", capabilities: capabilities)
            bench.agent(whole + Resources([volume, revocable, refined]))
            return bench.run()
        }
        #expect(grants([.multiRole]) == ["0 a/b 0 cpus:4; mem:400"])
        #expect(grants([.revocableResources]) == ["0 a/b 0 cpus:4; mem:400; cpus{REV}:3"])
        #expect(grants([.sharedResources])[0].contains("disk"))
        #expect(grants([.reservationRefinement])[0].contains("mem(reservations: [(STATIC,a),(DYNAMIC,a/b)]):50"))
    }

    @Test func `a shared volume is offered although it is in use, once a run`() {
        let volume = Resource(
            "disk", .scalar(10), reservations: [Reservation(.dynamic, role: "a")],
            disk: Disk(persistence: Disk.Persistence(id: "v"), volume: Disk.Volume(containerPath: "p")), isShared: true)
        var bench = Bench()
        bench.framework("a", capabilities: [.sharedResources])
        bench.framework("a", capabilities: [.sharedResources])
        bench.agent(whole + Resources([volume]))
        #expect(bench.run().count == 1)
        bench.release(0, "a", 0, half)
        let again = bench.run()
        #expect(again.count == 1 && again[0].hasPrefix("1 a 0") && again[0].contains("disk"))
    }

    @Test func `agents of other regions go to frameworks that know regions`() {
        var bench = Bench { $0.region = "here" }
        bench.framework("*")
        bench.framework("*", capabilities: [.regionAware])
        bench.agent(whole, region: "there")
        bench.agent(whole, region: "here")
        #expect(bench.run() == ["1 * 0 cpus:4; mem:400", "0 * 1 cpus:4; mem:400"])
    }

    @Test func `the reasons against each framework are counted, and can be asked for`() {
        var bench = Bench()
        bench.framework("a")
        bench.framework("b", suppressed: ["b"])
        bench.agent(whole + Resources(Resource.scalar("gpus", 1)))
        bench.agent(Resources(cpus: 0, mem: 1))
        #expect(bench.run() == [])
        let first = bench.allocator.explain(bench.frameworks[0].index, at: 0)
        #expect(first.count == 1 && first[0].place == 0)
        #expect(first[0].counts[.gpusKeptForOthers] == 1 && first[0].counts[.belowMinimum] == 1)
        #expect(first[0].now[.gpusKeptForOthers] == 1 && first[0].offerableAgents == 0)
        #expect(bench.allocator.explain(bench.frameworks[1].index, at: 0)[0].now[.suppressed] == 2)
    }

    @Test func `frameworks and agents can go while they hold things, and leave nothing behind`() {
        var bench = Bench()
        bench.framework("a/b/c")
        bench.agent(whole)
        _ = bench.run()
        bench.allocator.removeAgent(bench.agents[0].index)
        bench.allocator.checkInvariants()
        #expect(bench.allocator.clusterHeld.isEmpty && bench.allocator.clusterTotal.isEmpty)
        bench.allocator.removeFramework(bench.frameworks[0].index)
        bench.allocator.checkInvariants()
        #expect(bench.allocator.dominantShare(role: "a") == nil, "the roles are forgotten")
    }
}
