import Machine
import MasterCore
import Resources
import Testing

@testable import MasterServer

struct FlagTests {
    private func settings(_ flags: KeyValuePairs<String, String>) throws -> MasterSettings {
        var settings = MasterSettings()
        for (name, value) in flags { try settings.set(name, value) }
        return settings
    }

    @Test func `Mesos's flags, with Mesos's values`() throws {
        let settings = try settings([
            "roles": "a,b/c", "weights": "a=2.5,b=1", "max_completed_frameworks": "7", "max_completed_tasks_per_framework": "8",
            "max_unreachable_tasks_per_framework": "9", "offer_timeout": "1.5mins", "allocation_interval": "500ms",
            "agent_reregister_timeout": "20mins", "agent_ping_timeout": "2secs", "max_agent_ping_timeouts": "3",
            "agent_removal_rate_limit": "2/10mins", "root_submissions": "false",
            "filter_gpu_resources": "false", "min_allocatable_resources": "cpus:0.5;mem:64|disk:1", "registry": "in_memory",
            "domain": #"{"fault_domain":{"region":{"name":"r"},"zone":{"name":"z"}}}"#, "advertise_ip": "10.1.2.3", "advertise_port": "99",
            "log_dir": "/nowhere", "quorum": "1", "zk": "", "authenticate_agents": "false", "allocator": "HierarchicalDRF"
        ])
        let kernel = settings.kernel
        #expect(kernel.roles == ["a", "b/c"] && kernel.weights.map(\.weight) == [2500, 1000])
        #expect(kernel.completedFrameworks == 7 && kernel.completedTasksPerFramework == 8 && kernel.unreachableTasksPerFramework == 9)
        #expect(kernel.offerTimeout == 90 * .second && kernel.filterFloor == 500 * .millisecond)
        #expect(kernel.agentReregisterTimeout == 1200 * .second)
        #expect(kernel.agentTimeout == 6 * .second && kernel.agentSilence == 5 * .second)
        #expect(kernel.agentRemovalPause == 300 * .second)
        #expect(!kernel.allowsRoot && !kernel.filtersGPUs && settings.isInMemory && kernel.region == "r")
        #expect(kernel.minimum == [Quantities([("cpus", Scalar(thousandths: 500)), ("mem", 64)]), Quantities([("disk", 1)])])
        #expect(settings.advertisedIP == "10.1.2.3" && settings.advertisedPort == 99)
        #expect(settings.allFlags.contains { $0 == ("offer_timeout", "1.5mins") })
    }

    @Test(arguments: [
        ("zk", "zk://host:2181/mesos", "can't be served: several masters, and ZooKeeper, are not there yet"),
        ("quorum", "2", "can only be '1': nothing else is served yet, not '2'"),
        ("authenticate_agents", "true", "can only be 'false': nothing else is served yet, not 'true'"),
        ("offer_timeout", "10", "must be a duration like '10secs' or '15mins', not '10'"),
        ("offer_timeout", "infsecs", "must be a duration like '10secs' or '15mins', not 'infsecs'"),
        ("offer_timeout", "-1secs", "must be a duration like '10secs' or '15mins', not '-1secs'"),
        ("max_completed_frameworks", "many", "must be a number from 0 to 10000000, not 'many'"),
        ("roles", "a,/b", "has an invalid role: Role '/b' cannot start with a slash"),
        ("weights", "a=0", "must be like 'role=2.5,other=1', with weights above zero, not 'a=0'"),
        ("root_submissions", "yes", "must be 'true' or 'false', not 'yes'"),
        ("min_allocatable_resources", "cpus", "must be like 'cpus:0.01|mem:32', not 'cpus'"),
        ("registry", "etcd", "must be 'in_memory' or 'replicated_log', not 'etcd'"),
        ("agent_removal_rate_limit", "0/10mins", "must be a number of agents in a duration, like '1/10mins', not '0/10mins'"),
        ("agent_removal_rate_limit", "1/10", "must be a number of agents in a duration, like '1/10mins', not '1/10'"),
        ("agent_removal_rate_limit", "1/1mins/2", "must be a number of agents in a duration, like '1/10mins', not '1/1mins/2'"),
        ("agent_ping_timeout", "0secs", "times the number of pings must be between 1secs and 1days"),
        ("domain", "{", "must be a DomainInfo in JSON, not '{'"),
        ("nonsense", "", "is no flag of the master")
    ])
    func `a value that can't be honoured is refused, and changes nothing`(name: String, value: String, text: String) {
        var settings = MasterSettings()
        let refusal = #expect(throws: FlagRefusal.self) { try settings.set(name, value) }
        #expect(refusal?.description == text)
        #expect(settings.flags.isEmpty && settings.kernel == Kernel.Settings())
    }
}
