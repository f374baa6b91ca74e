import java.nio.file.Path;
import java.util.Properties;
import org.apache.solr.embedded.JettyConfig;
import org.apache.solr.embedded.JettySolrRunner;

/** Serves the cores found under a Solr home on 127.0.0.1 until the process is asked to stop. */
public final class SolrServer {
  private SolrServer() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 2) {
      System.err.println("usage: SolrServer SOLR_HOME PORT");
      System.exit(2);
    }
    String home = Path.of(arguments[0]).toAbsolutePath().toString();
    JettyConfig config =
        JettyConfig.builder()
            .setContext("/solr")
            .setPort(Integer.parseInt(arguments[1]))
            .stopAtShutdown(true)
            .build();
    // The properties of the node are empty on purpose: each core is described by its own files.
    JettySolrRunner server = new JettySolrRunner(home, new Properties(), config);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server)));
    server.start();
    System.out.println("Solr serves " + home + " on port " + server.getLocalPort());
    Thread.currentThread().join();
  }

  private static void stop(JettySolrRunner server) {
    try {
      server.stop();
    } catch (Exception failure) {
      System.err.println("Solr did not stop cleanly: " + failure);
    }
  }
}
