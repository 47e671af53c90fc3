import Resources
import Testing

struct ResourcesTests {
    private let agent: Resources = [
        .scalar("cpus", 4), .scalar("mem", 1_024), .scalar("disk", 5_000), .ranges("ports", Ranges(31_000...32_000))
    ]

    private func volume(_ id: String = "v", _ amount: Scalar = 100, shared: Bool = false) -> Resource {
        Resource(
            "disk", .scalar(amount), reservations: [Reservation(.dynamic, role: "eng")],
            disk: Disk(persistence: .init(id: id), volume: .init(containerPath: "data")), isShared: shared)
    }

    private func mount(_ amount: Scalar = 100, root: String = "/m") -> Resource {
        Resource("disk", .scalar(amount), disk: Disk(source: .init(.mount, mount: root)))
    }

    @Test func `a task takes from an agent what it uses`() {
        let task: Resources = [.scalar("cpus", Scalar(thousandths: 500)), .scalar("mem", 128), .ranges("ports", Ranges(31_005...31_006))]
        #expect(agent.contains(task))
        #expect((agent - task).text == "cpus:3.5;mem:896;disk:5000;ports:[31000-31004, 31007-32000]")
        #expect(!(agent - task).contains(task))
        #expect(agent.subtracting([.scalar("gpus", 1)]) == nil)
        #expect(agent.subtracting([.ranges("ports", Ranges(32_000...32_001))]) == nil)
    }

    @Test(arguments: [
        Terms(allocationRole: "eng"), Terms(reservations: [Reservation(.static, role: "eng")]), Terms(providerID: "p"), Terms(isRevocable: true),
        Terms(reservations: [Reservation(.dynamic, role: "eng")]), Terms(reservations: [Reservation(.dynamic, role: "eng", principal: "a")]),
        Terms(reservations: [Reservation(.dynamic, role: "eng", labels: [Label("k")])]), Terms(disk: Disk(source: .init(.path, path: "/a"))),
        Terms(disk: Disk(source: .init(.path, path: "/b"))), Terms(disk: Disk())
    ])
    func `amounts on other terms don't add up, nor contain each other`(_ terms: Terms) {
        let (plain, other) = (Resource.scalar("disk", 3), Resource.scalar("disk", 2, on: terms))
        #expect(!plain.isAddable(to: other))
        #expect(other.isAddable(to: other))
        #expect(Array(Resources([plain, other])) == [plain, other])
        #expect(!Resources(plain).contains(other))
        #expect(Resources([other, other]) == [.scalar("disk", 4, on: terms)])
        #expect(Resources([plain, other]).disk == 5)
    }

    @Test func `a type belongs to the identity of a name`() {
        let both: Resources = [.scalar("x", 1), .set("x", ItemSet(["a"])), .ranges("x", Ranges(1...2)), .scalar("ports", 3)]
        #expect(both.map(\.description) == ["ports:3", "x:1", "x:[1-2]", "x:{a}"])
        #expect(!both.contains([.ranges("ports", Ranges(3...3))]))
        #expect(both.contains([.set("x", ItemSet(["a"]))]))
    }

    @Test func `a persistent volume is only there as a whole`() {
        let all: Resources = [volume(), volume("w")]
        #expect(Array(all).count == 2)
        #expect(all.contains([volume()]))
        #expect(!all.contains([volume("v", 99)]))
        #expect(!all.contains([volume(), volume()]))
        #expect(all - [volume("v", 50)] == all)
        #expect(all - [volume()] == [volume("w")])
        #expect(Array(Resources([volume(), volume()])) == [volume(), volume()])
        #expect(!volume().isAddable(to: volume()))
        #expect(all.persistentVolumes == all && agent.persistentVolumes.isEmpty)
    }

    @Test func `an exclusive disk is never divided, one with a path is`() {
        #expect(!Resources(mount()).contains(mount(50)))
        #expect(Resources([mount(), mount(100, root: "/n")]).disk == 200)
        #expect(Array(Resources([mount(), mount()])).count == 2)
        #expect(Resources([mount(), mount()]).disk == 200)
        let raw = Resource("disk", .scalar(10), disk: Disk(source: .init(.raw, profile: "fast")))
        let identified = Resource("disk", .scalar(10), disk: Disk(source: .init(.raw, id: "r")))
        #expect(Array(Resources([raw, raw])).count == 1)
        #expect(Array(Resources([identified, identified])).count == 2)
    }

    @Test func `a shared volume is counted by its uses, but its size only once`() {
        let shared = volume(shared: true)
        let twice: Resources = [shared, shared]
        #expect(twice.count(of: shared) == 2)
        #expect(Array(twice) == [shared])
        #expect(twice.disk == 100 && twice.quantities["disk"] == 100)
        #expect(twice.contains(twice))
        #expect(!Resources(shared).contains(twice))
        #expect(twice - [shared] == [shared])
        #expect(twice != [shared])
        #expect(!twice.contains([volume()]))
    }

    @Test func `a sum past the range is refused, and without the check contained in nothing real`() {
        let most: Resources = [.scalar("cpus", Scalar(thousandths: .max - 1)), .scalar("x", Scalar(thousandths: .max - 1))]
        #expect(most.adding([.scalar("cpus", 1)]) == nil)
        #expect(most.adding([.scalar("x", 1)]) == nil)
        #expect(most.adding([.scalar("mem", 1)]) != nil)
        #expect(!most.contains(most + most))
        #expect((most + most).cpus.thousandths == .max)
    }

    @Test func `an amount below zero counts as nothing`() {
        #expect(Resources(Resource.scalar("cpus", -1)).isEmpty)
        #expect(agent + [.scalar("cpus", -1), .scalar("x", -1)] == agent)
    }

    @Test func `scalars are cut down to limits, what is reserved, revocable or no scalar stays`() {
        let reserved = Resource("cpus", .scalar(9), reservations: [Reservation(.static, role: "eng")])
        let revocable = Resource("cpus", .scalar(8), isRevocable: true)
        let all = agent + [reserved, revocable, mount(100), mount(30, root: "/n")]
        let cut = all.shrunk(to: Limits([("cpus", 1), ("mem", 0), ("disk", 5_040)]))
        #expect(cut == [.scalar("cpus", 1), .scalar("disk", 5_000), .ranges("ports", agent.ports), reserved, revocable, mount(30, root: "/n")])
        #expect(all.shrunk(to: Limits()) == all)
        #expect(all.contains(cut))
    }

    @Test func `cutting down shares one limit between terms`() {
        let all = agent.allocated(to: "a") + agent.allocated(to: "b")
        #expect(all.shrunk(to: Limits([("cpus", 6)])).cpus == 6)
    }

    @Test func `endpoints are told the sums by name, with the revocable ones apart`() {
        var rows: [String] = []
        let all =
            agent + [
                Resource("cpus", .scalar(2), isRevocable: true), volume(shared: true), volume(shared: true), .set("s", ItemSet(["b", "a"])),
                Resource("cpus", .scalar(1), reservations: [Reservation(.static, role: "eng")])
            ]
        all.forEachTotal { rows.append("\($0)=\($1)") }
        #expect(
            rows == ["cpus=5", "gpus=0", "mem=1024", "disk=5100", "ports=[31000-32000]", "s={a, b}", "cpus_revocable=2"])
        rows = []
        Resources().forEachTotal { rows.append("\($0)=\($1)") }
        #expect(rows == ["cpus=0", "gpus=0", "mem=0", "disk=0"])
    }

    @Test func `what is offered to a role is unreserved or reserved for it or an ancestor`() {
        func cpus(_ role: String?) -> Resource {
            Resource("cpus", .scalar(1), reservations: role.map { [Reservation(.static, role: $0)] } ?? [])
        }
        let all: Resources = [cpus(nil), cpus("eng"), cpus("eng/web"), cpus("england"), cpus("ops")]
        #expect(all.allocatable(to: "eng") == [cpus(nil), cpus("eng")])
        #expect(all.allocatable(to: "eng/web") == [cpus(nil), cpus("eng"), cpus("eng/web")])
        #expect(all.reserved(inSubtreeOf: "eng") == [cpus("eng"), cpus("eng/web")])
        #expect(all.reservedRoles == ["eng", "eng/web", "england", "ops"])
    }

    @Test func `one resource's terms can be changed`() {
        var resource = Resource.scalar("cpus", 1)
        resource.terms.allocationRole = "eng"
        #expect(resource.allocationRole == "eng")
        resource.terms.allocationRole = nil
        #expect(resource == .scalar("cpus", 1))
        #expect(resource.terms == .plain)
    }

    @Test func `a message is valid that a command line must not say`() {
        #expect(agent.commandLineRefusal == nil)
        #expect(Resources(volume()).commandLineRefusal == .volumeOnCommandLine)
        #expect(Resources(Resource("cpus", .scalar(1), isRevocable: true)).commandLineRefusal == .revocableOnCommandLine)
        let dynamic = Resource("cpus", .scalar(1), reservations: [Reservation(.dynamic, role: "eng")])
        #expect(Resources(dynamic).commandLineRefusal == .dynamicReservationOnCommandLine)
        #expect(Resources([.scalar("x", 1), .set("x", ItemSet(["a"]))]).commandLineRefusal == .differentTypes(name: "x"))
    }
}
