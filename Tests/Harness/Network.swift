import Foundation
import Glibc
import NIOCore
import NIOPosix

/// A network for one test, made of network namespaces: a hub, where master and services run, and one for each agent's host, all of them
/// on a bridge inside the hub. Nothing of it shows outside: no interface, address or route of the machine itself is touched.
///
/// A link is cut as a cable is: nobody gets a goodbye, and what is sent is lost.
package final class Network: Sendable {
    /// One namespace, and its address on the bridge.
    package struct Host: Hashable, Sendable {
        package let namespace: String
        package let ip: String

        /// The words that run a program in here. The program takes the place of the words' own process.
        package func entering(_ program: String, _ arguments: [String]) -> (program: String, arguments: [String]) {
            ("/usr/bin/nsenter", ["--net=\(Network.folder)/\(namespace)", program] + arguments)
        }
    }

    package let hub: Host
    package let hosts: [Host]
    private static let folder = "/run/netns"

    /// - Parameter name: begins the names of the namespaces; unique on this machine.
    package init(name: String, hosts count: Int) async throws {
        hub = Host(namespace: "\(name)-hub", ip: "10.213.0.1")
        hosts = (0..<count).map { Host(namespace: "\(name)-host-\($0)", ip: "10.213.0.\($0 + 2)") }
        do { try await build() } catch {
            await remove()
            throw error
        }
    }

    private func build() async throws {
        for host in [hub] + hosts {
            try await Self.ip("netns", "add", host.namespace)
            try await Self.ip("-n", host.namespace, "link", "set", "lo", "up")
        }
        try await inHub("link", "add", "bridge", "type", "bridge")
        try await inHub("address", "add", "\(hub.ip)/24", "dev", "bridge")
        try await inHub("link", "set", "bridge", "up")
        for (index, host) in hosts.enumerated() {
            try await inHub("link", "add", "port-\(index)", "type", "veth", "peer", "name", "eth0", "netns", host.namespace)
            try await inHub("link", "set", "port-\(index)", "master", "bridge", "up")
            try await Self.ip("-n", host.namespace, "address", "add", "\(host.ip)/24", "dev", "eth0")
            try await Self.ip("-n", host.namespace, "link", "set", "eth0", "up")
        }
    }

    /// From now on nothing gets from this host to the others, nor to it.
    package func cut(_ index: Int) async throws { try await inHub("link", "set", "port-\(index)", "down") }

    package func mend(_ index: Int) async throws { try await inHub("link", "set", "port-\(index)", "up") }

    /// Removes all namespaces, and with them all that was made in them. Their processes must have ended.
    package func remove() async {
        for host in hosts + [hub] { _ = try? await outcome(of: "/usr/sbin/ip", ["netns", "delete", host.namespace]) }
    }

    private func inHub(_ arguments: String...) async throws { try await Self.ip(["-n", hub.namespace] + arguments) }
    private static func ip(_ arguments: String...) async throws { try await ip(arguments) }
    private static func ip(_ arguments: [String]) async throws { _ = try await run("/usr/sbin/ip", arguments) }

    /// An event loop whose sockets are in a namespace: its one thread has entered it.
    static func eventLoop(in host: Host) throws -> MultiThreadedEventLoopGroup {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let path = "\(folder)/\(host.namespace)"
        let entering = group.next().submit {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            defer { close(descriptor) }
            guard descriptor >= 0, enterNetworkNamespace(descriptor) == 0 else {
                throw TestFailure("can't enter \(path): \(String(cString: strerror(errno)))")
            }
        }
        try entering.wait()
        return group
    }
}

/// setns(2) with CLONE_NEWNET, for the calling thread. Looked up by its name, since Swift's view of glibc leaves out what is Linux's own.
private func enterNetworkNamespace(_ descriptor: CInt) -> CInt {
    typealias SetNamespace = @convention(c) (CInt, CInt) -> CInt
    guard let symbol = dlsym(nil, "setns") else { return -1 }
    return unsafeBitCast(symbol, to: SetNamespace.self)(descriptor, 0x4000_0000)
}
