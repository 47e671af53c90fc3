import Foundation
import Harness

/// Other people's clients, as PyPI has them, and the programs of ours that use them.
enum Clients {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    private static let clients = folder.deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(".build/clients").path

    /// Starts a program of Tests/Compatibility/Python as one of the cluster's processes.
    static func start(_ program: String, as name: String, on cluster: Cluster, _ arguments: [String]) throws {
        guard FileManager.default.fileExists(atPath: "\(clients)/installed") else {
            throw TestFailure("the clients are not installed: run Deploy/setup-tests.sh, as make test does")
        }
        let path = folder.appendingPathComponent("Python/\(program)").path
        try cluster.start(name, program: "/usr/bin/env", ["PYTHONPATH=\(clients)", "python3", "-B", path] + arguments)
    }
}
