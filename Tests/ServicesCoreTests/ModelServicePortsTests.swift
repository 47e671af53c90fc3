import JSON
import Testing

@testable import ServicesCore

struct ModelServicePortsTests {
    private func app(_ id: String, _ ports: [Int]) throws -> AppDefinition {
        try Model.app(["id": .string(id), "cmd": "x", "ports": .array(ports.map { .integer(Int64($0)) })])
    }

    private func ports(_ apps: [AppDefinition]) -> [[Int]] { apps.map(\.servicePorts) }

    @Test func `open ports get the lowest ones that nobody uses, in the order of the apps`() throws {
        let apps = [try app("/a", [0, 10001]), try app("/b", [0, 0, 80]), try app("/c", [])]
        let assigned = try ServicePorts.assigned(to: apps, before: [], range: 10000...10010)
        #expect(ports(assigned) == [[10000, 10001], [10002, 10003, 80], []])
    }

    @Test func `ports are kept by position`() throws {
        let before = [try app("/a", [10005, 10003])]
        #expect(ports(try ServicePorts.assigned(to: [try app("/a", [0, 0])], before: before, range: 10000...10010)) == [[10005, 10003]])
        #expect(ports(try ServicePorts.assigned(to: [try app("/a", [0, 0, 0])], before: before, range: 10000...10010)) == [[10005, 10003, 10000]])
        #expect(ports(try ServicePorts.assigned(to: [try app("/a", [0])], before: before, range: 10000...10010)) == [[10005]])
        // The second place names what the first one had: the first takes what is left over.
        #expect(ports(try ServicePorts.assigned(to: [try app("/a", [0, 10005])], before: before, range: 10000...10010)) == [[10003, 10005]])
    }

    @Test func `ports out of the range are taken when given, and not kept`() throws {
        let before = [try app("/a", [80])]
        #expect(ports(try ServicePorts.assigned(to: [try app("/a", [0])], before: before, range: 10000...10010)) == [[10000]])
        #expect(ports(try ServicePorts.assigned(to: [try app("/a", [80])], before: before, range: 10000...10010)) == [[80]])
    }

    @Test func `the ports of removed and of other apps are not given away in the same change`() throws {
        let before = [try app("/gone", [10000]), try app("/b", [10001])]
        let after = [try app("/b", [10001]), try app("/n", [0])]
        #expect(ports(try ServicePorts.assigned(to: after, before: before, range: 10000...10010)) == [[10001], [10002]])
    }

    @Test func `port mappings have service ports too`() throws {
        let app = try Model.app(["id": "/a", "cmd": "x", "networks": [["mode": "container/bridge"]]])
        let assigned = try ServicePorts.assigned(to: [app], before: [], range: 10000...10010)
        #expect(assigned[0].portMappings == [PortMapping(hostPort: 0, servicePort: 10000, name: "default")])
    }

    @Test func `an exhausted range refuses the change`() throws {
        let apps = [try app("/a", [0, 0]), try app("/b", [0])]
        #expect(ports(try ServicePorts.assigned(to: apps, before: [], range: 10000...10002)) == [[10000, 10001], [10002]])
        #expect(throws: ModelRejection.message("All ports in the range [10000-10001] are already in use")) {
            _ = try ServicePorts.assigned(to: apps, before: [], range: 10000...10001)
        }
    }
}
