import AgoraAPI
import Machine
import MasterCore
import MesosAPI
import SwiftProtobuf
import Testing

struct OfferTests {
    @Test func `an agent is offered when it comes, a framework when it comes`() {
        var world = World()
        _ = world.agent()
        #expect(world.subscribe().offers == ["M-O0: cpus:4; mem:4096"])
        #expect(world.agent(link: 2, host: "host-2").offers == ["M-O1: cpus:4; mem:4096"])
    }

    @Test func `all agents that are free come as one event`() {
        var world = World()
        _ = world.agent()
        _ = world.agent(link: 2, host: "host-2")
        let events = world.subscribe().events
        guard case .offers(let offers) = events.last else { Issue.record("nothing was offered"); return }
        #expect(offers.map(\.id) == ["M-O0", "M-O1"] && offers.map(\.agentID) == ["M-S0", "M-S1"])
    }

    @Test func `what is declined comes back after 5 seconds`() {
        var world = World.ready()
        #expect(world.decline(["M-O0"]) == [])
        #expect(world.pass(4.9).offers == [])
        #expect(world.pass(0.2).offers == ["M-O1: cpus:4; mem:4096"])
    }

    @Test(arguments: [(0, 0), (0.1, 1), (2, 2), (-1, 5), (.nan, 5), (40_000_000, 31_536_000), (.infinity, 31_536_000)])
    func `for how long a framework refuses`(refuse: Double, seconds: Double) {
        // Otherwise a year has two million heartbeats.
        var world = World.ready(settings: {
            $0.heartbeatInterval = .max
            $0.offerHoldLimit = 0
        })
        let effects = world.decline(["M-O0"], refuse: refuse)
        if seconds == 0 {
            #expect(effects.offers == ["M-O1: cpus:4; mem:4096"])
        } else {
            #expect(effects.offers == [])
            #expect(world.pass(seconds - 0.05).offers == [])
            #expect(world.pass(0.1).offers == ["M-O1: cpus:4; mem:4096"])
        }
    }

    @Test func `a filter lets larger offers pass`() {
        var world = World.running()
        #expect(world.update("t", .taskFinished).offers == ["M-O1: cpus:4; mem:4096"], "the filter held 2 CPUs only")
    }

    @Test func `REVIVE clears filters, SUPPRESS keeps offers away`() {
        var world = World.ready()
        _ = world.decline(["M-O0"], refuse: 1000)
        #expect(world.call { $0.type = .revive }.offers == ["M-O1: cpus:4; mem:4096"])
        _ = world.call { $0.type = .suppress }
        _ = world.decline(["M-O1"], refuse: 0)
        #expect(world.pass(100).offers == [])
        #expect(world.call { $0.type = .revive }.offers == ["M-O2: cpus:4; mem:4096"])
    }

    @Test func `a role that isn't the framework's makes REVIVE and SUPPRESS void`() {
        var world = World.ready()
        _ = world.decline(["M-O0"], refuse: 1000)
        let revive = world.call {
            $0.type = .revive
            $0.revive.roles = ["other"]
        }
        #expect(revive.offers == [])
    }

    @Test func `suppressed roles of SUBSCRIBE get no offers until they are revived`() {
        var world = World()
        _ = world.agent()
        #expect(world.subscribe(suppressed: ["*"]).offers == [])
        #expect(world.call { $0.type = .revive }.offers == ["M-O0: cpus:4; mem:4096"])
    }

    @Test func `offers end when their agent goes, and the framework is told`() {
        var world = World.ready()
        #expect(world.step(.linkEnded(link: 1, isSilent: false)).events == [.rescind(offerID: "M-O0")])
        #expect(world.pass(10).offers == [])
    }

    @Test func `an id that is used up, unknown or malformed declines nothing`() {
        var world = World.ready()
        _ = world.decline(["M-O0"], refuse: 0)
        #expect(world.decline(["M-O0", "M-O77", "M-O01", "X-O1", "M-O-1", ""]) == [])
        #expect(world.kernel.snapshot.offers.count == 1)
    }

    @Test func `an offer that is held for 10 seconds is rescinded when another framework waits for it`() {
        var world = World.ready()
        #expect(world.pass(60).events.filter { $0 != .heartbeat } == [], "nobody else is there")
        #expect(world.subscribe(stream: 2).offers == [])
        let effects = world.pass(1)
        #expect(effects.events(to: 1) == [.rescind(offerID: "M-O0")])
        #expect(effects.offers == ["M-O1: cpus:4; mem:4096"])
        #expect(effects.events(to: 2).count == 1)
    }

    @Test func `an offer younger than 10 seconds stays, whoever waits`() {
        var world = World.ready()
        _ = world.subscribe(stream: 2)
        #expect(world.pass(9.5).events == [])
        #expect(world.pass(2).events(to: 1) == [.rescind(offerID: "M-O0")])
    }

    @Test func `with an offer timeout, old offers are rescinded even if nobody waits`() {
        var world = World.ready(settings: { $0.offerTimeout = 30 * .second })
        #expect(world.pass(29.5).events.filter { $0 != .heartbeat } == [])
        #expect(world.pass(2).events.contains(.rescind(offerID: "M-O0")))
    }

    @Test func `only frameworks that know GPUs get agents with GPUs`() {
        func offers(_ isFiltering: Bool, _ change: (inout Mesos_V1_FrameworkInfo) -> Void) -> Int {
            var world = World({ $0.filtersGPUs = isFiltering })
            _ = world.agent { $0.agent.resources.append(.scalar("gpus", 1)) }
            return world.subscribe(change).offers.count
        }
        #expect(offers(true, { _ in }) == 0)
        #expect(offers(true, { $0.add(.gpuResources) }) == 1)
        #expect(offers(false, { _ in }) == 1)
    }

    @Test func `reserved resources go to their role and those below it only`() {
        var world = World()
        _ = world.agent {
            $0.agent.resources = .scalars(cpus: 4, mem: 4096) + [.scalar("cpus", 8, role: "a"), .scalar("mem", 800, role: "a")]
        }
        #expect(world.subscribe({ $0.role = "b" }).offers == ["M-O0: cpus:4; mem:4096"])
        let offers = world.subscribe(stream: 2, { $0.role = "a/x" }).offers
        #expect(offers.count == 1 && offers[0].contains("cpus(reservations: [(STATIC,a)]):8"))
    }

    @Test func `too little to be of use is not offered, unless the framework says so`() {
        var world = World()
        _ = world.agent(cpus: 0.001, mem: 16)
        #expect(world.subscribe().offers == [])
        let offers = world.subscribe(stream: 2) { $0.offerFilters["*"] = .with { $0.minAllocatableResources = .init() } }.offers
        #expect(offers == ["M-O0: cpus:0.001; mem:16"])
    }

    @Test func `the order of frameworks is by their dominant share`() {
        var world = World()
        _ = world.subscribe()
        _ = world.subscribe(stream: 2)
        #expect(world.agent().events(to: 1).count == 1)
        #expect(world.agent(link: 2, host: "host-2").events(to: 2).count == 1)
        #expect(world.agent(link: 3, host: "host-3").events(to: 1).count == 1)
    }
}
