/*
 * Suggests titles with Lucene over HTTP, on one thread. Arguments: `infix` (AnalyzingInfixSuggester) or `completion`
 * (PrefixCompletionQuery, and FuzzyCompletionQuery if it finds nothing); a file with a weight, a tab, and a title on each
 * line; a folder for the index. Prints a line with the port and the costs of the index.
 */
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.core.KeywordTokenizer;
import org.apache.lucene.analysis.core.LowerCaseFilter;
import org.apache.lucene.analysis.core.WhitespaceTokenizer;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.apache.lucene.codecs.PostingsFormat;
import org.apache.lucene.codecs.lucene912.Lucene912Codec;
import org.apache.lucene.document.Document;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.suggest.InputIterator;
import org.apache.lucene.search.suggest.analyzing.AnalyzingInfixSuggester;
import org.apache.lucene.search.suggest.document.Completion912PostingsFormat;
import org.apache.lucene.search.suggest.document.FuzzyCompletionQuery;
import org.apache.lucene.search.suggest.document.PrefixCompletionQuery;
import org.apache.lucene.search.suggest.document.SuggestField;
import org.apache.lucene.search.suggest.document.SuggestIndexSearcher;
import org.apache.lucene.search.suggest.document.TopSuggestDocs;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.BytesRef;

public class LuceneServer {
  private static final int LIMIT = 10;
  private static final String FIELD = "title";

  private record Suggestion(String text, long weight) {}

  private interface Suggester {
    List<Suggestion> suggest(String query) throws IOException;
  }

  public static void main(String[] args) throws IOException {
    // Load the classes first, so that they are not included in the measurements.
    Path one = Files.writeString(Path.of(args[2] + "-one.tsv"), "1\ta\n");
    create(args[0], FSDirectory.open(Path.of(args[2] + "-one")), one).suggest("a");
    long empty = usedHeap();
    long started = System.nanoTime();
    Directory directory = FSDirectory.open(Path.of(args[2]));
    Suggester suggester = create(args[0], directory, Path.of(args[1]));
    suggester.suggest("a");
    double seconds = (System.nanoTime() - started) / 1e9;
    long bytes = usedHeap() - empty;
    for (String file : directory.listAll()) bytes += directory.fileLength(file);
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newFixedThreadPool(1));
    server.createContext("/", exchange -> {
      String parameters = exchange.getRequestURI().getRawQuery();
      byte[] body = (parameters == null ? "{}" : answer(suggester, parameters)).getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.start();
    System.out.printf("listening on %d; %d bytes; %.3f s%n", server.getAddress().getPort(), bytes, seconds);
  }

  private static Suggester create(String kind, Directory directory, Path titles) throws IOException {
    return kind.equals("infix") ? infix(directory, titles) : completion(directory, titles);
  }

  private static long usedHeap() {
    // A single garbage collection does not free everything.
    for (int time = 0; time < 3; time++) System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  /** Finds all words in any order, the last one as a prefix. The index is sorted by weight, so a search ends early. */
  private static Suggester infix(Directory directory, Path titles) throws IOException {
    AnalyzingInfixSuggester suggester = new AnalyzingInfixSuggester(directory, analyzer(false));
    try (BufferedReader reader = Files.newBufferedReader(titles)) {
      suggester.build(new Titles(reader));
    }
    return query -> suggester.lookup(query, LIMIT, true, false).stream()
        .map(found -> new Suggestion(found.key.toString(), found.value))
        .toList();
  }

  /** Finds titles that begin with the query, in a finite state transducer on the heap. */
  private static Suggester completion(Directory directory, Path titles) throws IOException {
    Analyzer analyzer = analyzer(true);
    PostingsFormat format = new Completion912PostingsFormat();
    IndexWriterConfig config = new IndexWriterConfig(analyzer).setCodec(new Lucene912Codec() {
      @Override
      public PostingsFormat getPostingsFormatForField(String field) {
        return field.equals(FIELD) ? format : super.getPostingsFormatForField(field);
      }
    });
    try (BufferedReader reader = Files.newBufferedReader(titles); IndexWriter writer = new IndexWriter(directory, config)) {
      Titles lines = new Titles(reader);
      for (BytesRef title = lines.next(); title != null; title = lines.next()) {
        Document document = new Document();
        document.add(new SuggestField(FIELD, title.utf8ToString(), (int) lines.weight()));
        writer.addDocument(document);
      }
      writer.forceMerge(1);
    }
    SuggestIndexSearcher searcher = new SuggestIndexSearcher(DirectoryReader.open(directory));
    return query -> {
      Term term = new Term(FIELD, query);
      TopSuggestDocs found = searcher.suggest(new PrefixCompletionQuery(analyzer, term), LIMIT, false);
      if (found.scoreDocs.length == 0) found = searcher.suggest(new FuzzyCompletionQuery(analyzer, term), LIMIT, false);
      List<Suggestion> suggestions = new ArrayList<>();
      for (var one : found.scoreLookupDocs()) suggestions.add(new Suggestion(one.key.toString(), (long) one.score));
      return suggestions;
    };
  }

  private static Analyzer analyzer(boolean wholeText) {
    return new Analyzer() {
      @Override
      protected TokenStreamComponents createComponents(String field) {
        Tokenizer tokenizer = wholeText ? new KeywordTokenizer() : new WhitespaceTokenizer();
        return new TokenStreamComponents(tokenizer, new ASCIIFoldingFilter(new LowerCaseFilter(tokenizer)));
      }
    };
  }

  private static String answer(Suggester suggester, String parameters) throws IOException {
    String query = "";
    for (String parameter : parameters.split("&"))
      if (parameter.startsWith("q=")) query = URLDecoder.decode(parameter.substring(2), StandardCharsets.UTF_8);
    StringBuilder json = new StringBuilder("{\"suggestions\":[");
    String separator = "";
    for (Suggestion one : suggester.suggest(query)) {
      String text = one.text.replace("\\", "\\\\").replace("\"", "\\\"");
      json.append(separator).append("{\"text\":\"").append(text).append("\",\"score\":").append(one.weight).append('}');
      separator = ",";
    }
    return json.append("]}").toString();
  }

  private static class Titles implements InputIterator {
    private final BufferedReader reader;
    private long weight;

    Titles(BufferedReader reader) {
      this.reader = reader;
    }

    @Override
    public BytesRef next() throws IOException {
      String line = reader.readLine();
      if (line == null) return null;
      int tab = line.indexOf('\t');
      weight = Long.parseLong(line.substring(0, tab));
      return new BytesRef(line.substring(tab + 1));
    }

    @Override
    public long weight() {
      return weight;
    }

    @Override
    public BytesRef payload() {
      return null;
    }

    @Override
    public boolean hasPayloads() {
      return false;
    }

    @Override
    public java.util.Set<BytesRef> contexts() {
      return null;
    }

    @Override
    public boolean hasContexts() {
      return false;
    }
  }
}
