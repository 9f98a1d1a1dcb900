// Reads XML with the classes that xjc made and writes it back: `java Binder PACKAGE FOLDER`. For each N.xml there is N.out
// afterwards, or N.err with the reason.
import java.io.File;
import java.io.PrintWriter;
import javax.xml.bind.JAXBContext;

public class Binder {
    public static void main(String[] words) throws Exception {
        JAXBContext context = JAXBContext.newInstance(words[0]);
        for (File file : new File(words[1]).listFiles((folder, name) -> name.endsWith(".xml"))) {
            String stem = file.getPath().replaceAll("xml$", "");
            try {
                Object bound = context.createUnmarshaller().unmarshal(file);
                context.createMarshaller().marshal(bound, new File(stem + "out"));
            } catch (Exception error) {
                try (PrintWriter out = new PrintWriter(stem + "err")) {
                    Throwable cause = error.getCause() == null ? error : error.getCause();
                    out.print(cause);
                }
            }
        }
    }
}
