import Glibc

/// The settings of an embedded cluster: for a small machine that does other things too, and never at the price of a
/// commit.
enum ClusterSettings {
    static func text(_ configuration: EmbeddedCluster.Configuration) -> String {
        let memory = max(Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(sysconf(Int32(_SC_PAGESIZE))) >> 20, 256)
        let cores = max(Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 1)
        let shared = min(max(memory / 8, 64), 1024)
        let durable = configuration.isDurable ? "on" : "off"
        return """
            # Written by Purser at every start. Your own settings belong in custom.conf beside it.
            listen_addresses = ''
            port = 5432
            unix_socket_directories = '/proc/self/cwd'
            unix_socket_permissions = 0700
            max_connections = \(configuration.maxConnections)
            cluster_name = 'purser'

            fsync = \(durable)
            synchronous_commit = \(durable)
            full_page_writes = \(durable)

            shared_buffers = \(shared)MB
            effective_cache_size = \(memory / 2)MB
            work_mem = 16MB
            maintenance_work_mem = \(min(max(memory / 16, 64), 512))MB
            huge_pages = try
            random_page_cost = 1.1
            effective_io_concurrency = 100
            jit = off
            max_worker_processes = 8
            max_parallel_workers_per_gather = \(min(cores / 2, 2))
            max_parallel_maintenance_workers = \(min(cores / 2, 2))

            min_wal_size = 128MB
            max_wal_size = 2GB
            wal_compression = on
            checkpoint_timeout = 15min
            checkpoint_completion_target = 0.9

            timezone = 'UTC'
            log_timezone = 'UTC'
            datestyle = 'iso, ymd'
            lc_messages = 'C'
            default_text_search_config = 'pg_catalog.simple'

            # What a statement did wrong is logged by Purser, without the values that PostgreSQL would quote.
            log_min_messages = log
            log_min_error_statement = panic
            log_error_verbosity = terse
            log_checkpoints = off
            log_autovacuum_min_duration = -1
            log_line_prefix = '%m [%p] '
            logging_collector = off

            include_if_exists = 'custom.conf'

            """
    }

    static let authentication = """
        # Written by Purser at every start. The socket's directory and permissions keep others out.
        local all all trust

        """
}
