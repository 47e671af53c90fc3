package import FrameworkCore

/// What every scheduler of ours is told: where it listens, whom it follows, and who it is to its master.
package struct FrameworkSettings: Sendable {
    /// `--master`: `host:port` or `http(s)://host:port`; several are separated by commas.
    package var master = "127.0.0.1:5050"
    package var ip = "127.0.0.1"
    /// `--http_port`; 0: any that is free.
    package var port: Int
    /// What is advertised: to the master, and to clients that ask who leads.
    package var hostname = "localhost"
    package var workDir: String
    /// State is forgotten with the process.
    package var isInMemory = false
    /// With which it subscribes, if the master asks for that.
    package var principal: String?
    package var secret: String?
    package var frameworkName: String
    package var mesosRole = "*"
    /// Of tasks that name none.
    package var user = "root"
    /// nil: the address at which the API listens, if that is known beforehand.
    package var webuiURL: String?
    package var checkpoint = true
    /// Seconds.
    package var failoverTimeout = 604_800
    /// `user:password` that every request must carry.
    package var httpCredentials: String?

    package init(frameworkName: String, port: Int, workDir: String) {
        self.frameworkName = frameworkName
        self.port = port
        self.workDir = workDir
    }

    /// Why these settings can't be used, in one line; nil if they can.
    package var problem: String? {
        for name in master.split(separator: ",") where name.contains("://") && !name.contains("http://") && !name.contains("https://") {
            return "--master: '\(name)' can't be followed (there is no ZooKeeper); name the masters themselves, host:port"
        }
        if let httpCredentials, !httpCredentials.contains(":") { return "--http_credentials must be user:password" }
        return nil
    }

    package var identity: FrameworkIdentity {
        var identity = FrameworkIdentity(name: frameworkName)
        identity.role = mesosRole
        identity.user = user
        identity.principal = principal
        identity.hostname = hostname
        identity.webuiURL = webuiURL ?? (port == 0 ? nil : "http://\(hostname):\(port)")
        identity.checkpoint = checkpoint
        identity.failoverTimeout = Double(failoverTimeout)
        return identity
    }
}

/// The settings of one kind of scheduler: those that all have, and its own.
@dynamicMemberLookup
package protocol FrameworkServerSettings: Sendable {
    /// What its process is called: `batch`.
    static var name: String { get }
    /// Those that are called as the original's.
    static var flags: FlagTable<Self> { get }

    var framework: FrameworkSettings { get set }

    init()
}

extension FrameworkServerSettings {
    /// What all have is spoken of as if it were its own.
    package subscript<Value>(dynamicMember path: WritableKeyPath<FrameworkSettings, Value>) -> Value {
        get { framework[keyPath: path] }
        set { framework[keyPath: path] = newValue }
    }
}
